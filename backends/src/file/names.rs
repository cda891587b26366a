//! Names of files, and their places on the disk.

use crate::objects::{RUNS, SUFFIX};
use shared::clock::Timestamp;
use shared::ids::RunId;
use std::path::{Path, PathBuf};

/// What a file's name has behind it while it is written to.
pub(super) const OPEN: &str = ".open";

/// The folder of a run.
pub(super) fn folder(root: &Path, run: RunId) -> PathBuf {
    root.join(RUNS).join(run.to_string())
}

/// The file name of an object begun at this time, the run's `serial`th.
pub(super) fn file_name(now: Timestamp, serial: u32) -> String {
    format!("{}-{serial:05}{SUFFIX}", now.utc().format("%Y%m%d%H%M%S"))
}

/// The serial number in a file name.
pub(super) fn serial(file_name: &str) -> Option<u32> {
    file_name.strip_suffix(SUFFIX)?.rsplit_once('-')?.1.parse().ok()
}

/// The place of a file while it is written to.
pub(super) fn open_path(closed: &Path) -> PathBuf {
    let mut name = closed.as_os_str().to_owned();
    name.push(OPEN);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_time_and_order() {
        let name = file_name(Timestamp(1_795_406_400_000), 12);
        assert_eq!(name, "20261123040000-00012.warc.gz");
        assert_eq!(serial(&name), Some(12));
    }
}
