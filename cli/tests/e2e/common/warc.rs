//! The archive's files, judged by another program.

use super::world::files;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The program `warcio` (PyPI), where `make test` installs it.
fn warcio() -> OsString {
    std::env::var_os("HARVESTMAN_TEST_WARCIO")
        .expect("HARVESTMAN_TEST_WARCIO does not name a warcio program: run `make test`")
}

/// `warcio check` and `warcio index` accept every file of the archive; returns the files.
pub async fn every_file_is_right(data: &Path) -> Vec<PathBuf> {
    let archive = files(&data.join("archive"));
    assert!(!archive.is_empty(), "{} holds no file", data.display());
    for command in [["check", "-v"].as_slice(), &["index"]] {
        let output = Command::new(warcio()).args(command).args(&archive).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "warcio {command:?}: {}", &said[..said.len().min(2_000)]);
    }
    archive
}
