//! `harvestman storage`.
#![cfg(feature = "cluster")]

use testkit::servers::s3::{KEY_ID, S3, SECRET};
use tokio::process::Command;

#[tokio::test]
async fn init_makes_the_bucket_unless_it_is_there() {
    let server = S3::start().await;
    let init = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_harvestman"));
        command.args(["storage", "init"]).env("HARVESTMAN_ARCHIVE", server.url("fresh", "x"));
        command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", SECRET);
        command
    };
    for _ in 0..2 {
        let done = init().output().await.unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let refused = init().env("AWS_SECRET_ACCESS_KEY", "another").output().await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("archive: the archive refuses: 403"), "{said}");
}
