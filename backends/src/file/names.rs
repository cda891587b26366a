//! Names of objects, and their places on the disk.

use shared::clock::Timestamp;
use shared::ids::RunId;
use std::path::{Path, PathBuf};

/// The end of every object's name.
pub(super) const SUFFIX: &str = ".warc.gz";

/// What a file's name has behind it while it is written to.
pub(super) const OPEN: &str = ".open";

/// The folder of all runs, under the archive's root.
pub(super) const RUNS: &str = "runs";

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

/// An object's name.
pub(super) fn object(run: RunId, file_name: &str) -> String {
    format!("{RUNS}/{run}/{file_name}")
}

/// The run and the file name of an object; None for a name that this archive never gives. Nothing
/// else is ever joined to a path.
pub(super) fn parse(object: &str) -> Option<(RunId, &str)> {
    let (run_text, file_name) = object.strip_prefix(RUNS)?.strip_prefix('/')?.split_once('/')?;
    let run: RunId = run_text.parse().ok()?;
    (run.to_string() == run_text && is_file_name(file_name)).then_some((run, file_name))
}

/// Whether an object's file may be called this.
pub(super) fn is_file_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    name.ends_with(SUFFIX) && !name.starts_with('.') && name.bytes().all(plain)
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
        let object = object(RunId(-3), &name);
        assert_eq!(parse(&object), Some((RunId(-3), &name[..])));
    }

    #[test]
    fn no_other_name_is_one() {
        for name in [
            "runs/7/.warc.gz",
            "runs/7/a/b.warc.gz",
            "runs/+7/a.warc.gz",
            "runs/7/..\\a.warc.gz",
            "a.warc.gz",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
