//! The raw store: segments go in whole, any page comes out by range; and files by name, made in parts.

use crate::ids::{RunId, SegmentId};
use async_trait::async_trait;
use bytes::Bytes;

/// Where something was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The object (a file's or object's name, relative to the archive's root).
    pub object: String,
    /// Where in the object it begins, in bytes.
    pub offset: u64,
}

/// A store of WARC segments, and of files that were made from what is in them.
///
/// # Contract
/// - `put` returns when the segment would survive a power loss. A segment put twice may lie there
///   twice; the place returned is valid either way. After a crash in the middle of `put` the
///   archive opens again, and every object in it is whole WARC.
/// - Names begin with `runs/<run>/` and those of segments end in `.warc.gz`. Objects that are still being
///   written may have another name on disk, but are read under the name that `put` gave.
/// - A file that was begun is there, whole and under the name that it was given, when [`Upload::finish`] has
///   returned, and outlives a power loss; before that there is nothing of that name, whoever dies. `begin`
///   puts an end to what was begun under the name before and not finished; one that was finished is replaced, at
///   once and as a whole. What is held in memory is a part or two.
/// - `read` returns exactly the range, or [`ArchiveError::NotFound`] / [`ArchiveError::Short`].
/// - `list` names segments only. `delete_run` removes all of a run, and may be repeated; so may `remove`.
/// - Names come from `put` and `begin`; others, with `..` or a leading `/`, are refused as not found.
#[async_trait]
pub trait Archive: Send + Sync + 'static {
    /// Stores a segment.
    async fn put(&self, run: RunId, segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError>;

    /// Reads `len` bytes of an object from `offset` on.
    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError>;

    /// Begins a file of a run. Its name ends in one of [`FILES`], with letters, digits, `-`, `_` and `.` before it; another one is
    /// [`ArchiveError::Refused`].
    async fn begin(&self, run: RunId, _file_name: &str) -> Result<Box<dyn Upload>, ArchiveError> {
        Err(ArchiveError::Refused(format!("no files of run {run} can be kept here, only its pages")))
    }

    /// Removes a file.
    async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        Err(ArchiveError::NotFound(object.to_owned()))
    }

    /// The objects of a run, with their sizes in bytes, in order of their names.
    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError>;

    /// Deletes all objects of a run.
    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError>;
}

/// How the names of files end.
pub const FILES: [&str; 3] = [".jsonl", ".csv", ".parquet"];

/// A file that is being made. Dropped, it is not.
#[async_trait]
pub trait Upload: Send {
    /// Adds bytes at its end.
    async fn write(&mut self, bytes: Bytes) -> Result<(), ArchiveError>;

    /// Makes it be there; returns its name as an object.
    async fn finish(self: Box<Self>) -> Result<String, ArchiveError>;

    /// Gives it up, and removes what there is of it.
    async fn abandon(self: Box<Self>);
}

/// The archive did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No such object.
    #[error("the archive has no object {0}")]
    NotFound(String),
    /// The object ends before the range does.
    #[error("the object {object} is shorter than {end} bytes")]
    Short {
        /// The object.
        object: String,
        /// Where the range ends.
        end: u64,
    },
    /// No room. Worth trying again when there is.
    #[error("the archive is full: {0}")]
    Full(String),
    /// Not now. Worth trying again.
    #[error("the archive is not available: {0}")]
    Unavailable(String),
    /// Not allowed, or misconfigured. A person must act.
    #[error("the archive refuses: {0}")]
    Refused(String),
}

impl ArchiveError {
    /// Whether another try could succeed without a person.
    pub fn is_retryable(&self) -> bool {
        matches!(self, ArchiveError::Unavailable(_))
    }
}
