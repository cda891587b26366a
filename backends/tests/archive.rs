//! The archive suite over the archive in memory.

use backends::memory::MemoryArchive;
use parking_lot::Mutex;
use shared::ports::Archive;
use std::collections::HashMap;
use std::sync::Arc;
use testkit::suites::archive::run;

#[tokio::test]
async fn in_memory() {
    let worlds: Mutex<HashMap<String, Arc<MemoryArchive>>> = Mutex::default();
    let make =
        async |name: &str| worlds.lock().entry(name.to_owned()).or_default().clone() as Arc<dyn Archive>;
    run(make).await;
}
