//! The archive suite on Azure Blob Storage, or its emulator: `make test-azure`.
#![cfg(feature = "cloud")]

use backends::cloud::CloudArchive;
use shared::ids::SegmentId;
use shared::ports::Archive;
use std::sync::Arc;
use testkit::suites::archive::run;

/// An `az://` URL of a container that is there; the key comes from the environment.
const VARIABLE: &str = "HARVESTMAN_TEST_AZURE";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that only npm has; make test-azure runs it"]
async fn the_suite() {
    let url = std::env::var(VARIABLE).expect(VARIABLE);
    let (at, parameters) = url.split_once('?').unwrap_or((&url, ""));
    let this_time = SegmentId::new();
    run(async |world: &str| {
        let url = format!("{at}/{this_time}/{world}?{parameters}");
        Arc::new(CloudArchive::connect(&url).unwrap()) as Arc<dyn Archive>
    })
    .await;
}
