use super::{ARCHIVE_FAILED, PUT, PUT_BYTES, READ, READ_BYTES};
use async_trait::async_trait;
use bytes::Bytes;
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored, Upload};
use std::sync::Arc;
use std::time::Instant;

/// An archive whose calls are counted and timed.
pub struct MeteredArchive(Arc<dyn Archive>);

impl MeteredArchive {
    /// Around an archive.
    pub fn new(archive: Arc<dyn Archive>) -> Self {
        MeteredArchive(archive)
    }
}

/// Counts a failure.
fn seen<T>(call: &'static str, result: Result<T, ArchiveError>) -> Result<T, ArchiveError> {
    result.inspect_err(|error| {
        let error = match error {
            ArchiveError::NotFound(_) => "not_found",
            ArchiveError::Short { .. } => "short",
            ArchiveError::Full(_) => "full",
            ArchiveError::Unavailable(_) => "unavailable",
            ArchiveError::Refused(_) => "refused",
        };
        ARCHIVE_FAILED.add(&[call, error], 1);
    })
}

#[async_trait]
impl Archive for MeteredArchive {
    async fn put(&self, run: RunId, segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError> {
        let (begun, len) = (Instant::now(), bytes.len() as u64);
        let stored = seen("put", self.0.put(run, segment, bytes).await)?;
        PUT.took(&[], begun.elapsed());
        PUT_BYTES.add(&[], len);
        Ok(stored)
    }

    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        let begun = Instant::now();
        let bytes = seen("read", self.0.read(object, offset, len).await)?;
        READ.took(&[], begun.elapsed());
        READ_BYTES.add(&[], bytes.len() as u64);
        Ok(bytes)
    }

    async fn begin(&self, run: RunId, file_name: &str) -> Result<Box<dyn Upload>, ArchiveError> {
        seen("begin", self.0.begin(run, file_name).await)
    }

    async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        seen("remove", self.0.remove(object).await)
    }

    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        seen("list", self.0.list(run).await)
    }

    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError> {
        seen("delete_run", self.0.delete_run(run).await)
    }
}
