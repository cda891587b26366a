//! The archive suite over `object_store` in memory.
#![cfg(feature = "cloud")]

use backends::cloud::CloudArchive;
use backends::cloud::object_store::ObjectStore;
use backends::cloud::object_store::memory::InMemory;
use shared::ids::RunId;
use shared::ports::{Archive, ArchiveError};
use std::sync::Arc;
use testkit::suites::archive::{run, segment};

#[tokio::test]
async fn in_memory() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    run(async |world: &str| {
        Arc::new(CloudArchive::within(store.clone(), world).unwrap()) as Arc<dyn Archive>
    })
    .await;
}

#[tokio::test]
async fn another_object_of_the_same_name_is_a_conflict() {
    let archive = CloudArchive::within(Arc::new(InMemory::new()), "x").unwrap();
    let (id, bytes) = segment(RunId(1), 100);
    archive.put(RunId(1), id, bytes.clone()).await.unwrap();
    let error = archive.put(RunId(1), id, bytes.slice(1..)).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Unavailable(_)), "{error}");
}

#[test]
fn urls_that_cannot_be_used_are_refused() {
    for url in ["s3://pages", "gs://", "az://pages?acount=x", "gs://pages?account=x"] {
        assert!(matches!(CloudArchive::connect(url), Err(ArchiveError::Refused(_))), "{url}");
    }
}
