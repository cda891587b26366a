//! An archive that fails when it is told to. Calls: `archive.put`, `archive.read`.

use super::Faults;
use async_trait::async_trait;
use bytes::Bytes;
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored, Upload};
use std::sync::Arc;

/// See the module.
pub struct FaultyArchive {
    inner: Arc<dyn Archive>,
    faults: Faults,
}

impl FaultyArchive {
    /// Around an archive.
    pub fn new(inner: Arc<dyn Archive>, faults: Faults) -> Self {
        FaultyArchive { inner, faults }
    }
}

fn told() -> ArchiveError {
    ArchiveError::Unavailable("told to".into())
}

#[async_trait]
impl Archive for FaultyArchive {
    async fn put(&self, run: RunId, segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError> {
        self.faults.around("archive.put", self.inner.put(run, segment, bytes), told).await
    }

    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        self.faults.around("archive.read", self.inner.read(object, offset, len), told).await
    }

    async fn begin(&self, run: RunId, file_name: &str) -> Result<Box<dyn Upload>, ArchiveError> {
        self.inner.begin(run, file_name).await
    }

    async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        self.inner.remove(object).await
    }

    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        self.inner.list(run).await
    }

    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError> {
        self.inner.delete_run(run).await
    }
}
