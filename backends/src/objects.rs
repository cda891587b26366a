//! The names of objects, the same in every archive: `runs/<run>/<file>.warc.gz`, and files beside those.

use shared::ids::{RunId, SegmentId};
use shared::ports::ArchiveError;
use shared::ports::archive::FILES;

/// The end of every object's name.
pub(crate) const SUFFIX: &str = ".warc.gz";

/// The longest name of a file, in bytes.
const LONGEST: usize = 200;

/// The folder of all runs.
pub(crate) const RUNS: &str = "runs";

/// What the names of a run's objects begin with, and no other run's.
pub(crate) fn folder(run: RunId) -> String {
    format!("{RUNS}/{run}/")
}

/// An object's name.
pub(crate) fn object(run: RunId, file_name: &str) -> String {
    format!("{RUNS}/{run}/{file_name}")
}

/// The name of an object that is one segment.
pub(crate) fn of_segment(run: RunId, segment: SegmentId) -> String {
    format!("{RUNS}/{run}/{segment}{SUFFIX}")
}

/// The run and the file name of an object; None for a name that no archive ever gives. Nothing
/// else is ever joined to a path or asked of a server.
pub(crate) fn parse(object: &str) -> Option<(RunId, &str)> {
    let (run_text, file_name) = object.strip_prefix(RUNS)?.strip_prefix('/')?.split_once('/')?;
    let run: RunId = run_text.parse().ok()?;
    let fits = is_file_name(file_name) || is_made_name(file_name);
    (run.to_string() == run_text && fits).then_some((run, file_name))
}

/// The same for a file that is no segment.
pub(crate) fn parse_file(object: &str) -> Option<(RunId, &str)> {
    parse(object).filter(|(_, file_name)| is_made_name(file_name))
}

/// Whether an object is a segment, or several.
pub(crate) fn is_segment(object: &str) -> bool {
    parse(object).is_some_and(|(_, file_name)| is_file_name(file_name))
}

/// The name of a file that is to be made.
///
/// # Errors
/// [`ArchiveError::Refused`]: it may not be called this.
pub(crate) fn of_file(run: RunId, file_name: &str) -> Result<String, ArchiveError> {
    if is_made_name(file_name) {
        return Ok(object(run, file_name));
    }
    Err(ArchiveError::Refused(format!("no file can be called {file_name:?}")))
}

/// Whether a file that is made may be called this.
fn is_made_name(name: &str) -> bool {
    FILES.iter().any(|ending| name.ends_with(ending)) && is_plain(name)
}

/// Whether an object's file may be called this.
pub(crate) fn is_file_name(name: &str) -> bool {
    name.ends_with(SUFFIX) && is_plain(name)
}

fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    name.len() <= LONGEST && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back() {
        let id = SegmentId::new();
        let name = of_segment(RunId(-3), id);
        assert_eq!(parse(&name), Some((RunId(-3), &*format!("{id}{SUFFIX}"))));
        assert!(name.starts_with(&folder(RunId(-3))));
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
