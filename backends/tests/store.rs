//! The store's suite over SQLite, and what only SQLite has: files, locks, versions.
#![cfg(feature = "sqlite")]

use backends::sqlite::SqliteStore;
use shared::clock::{ManualClock, Timestamp};
use std::sync::Arc;
use testkit::suites::store::{self, Fixture};

async fn fresh() -> Fixture<SqliteStore> {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(Timestamp(1_790_000_000_000)));
    let store = SqliteStore::open(&folder.path().join("harvest.db"), clock.clone()).await.unwrap();
    Fixture { store, clock, keep: Box::new(folder) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_stores_contract() {
    store::run(fresh).await;
}
