//! An archive in memory, for tests: one object a segment, gone with the process.

use crate::objects;
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored};
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub struct MemoryArchive(Mutex<BTreeMap<String, Bytes>>);

impl MemoryArchive {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Archive for MemoryArchive {
    async fn put(&self, run: RunId, segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError> {
        let object = objects::of_segment(run, segment);
        self.0.lock().insert(object.clone(), bytes);
        Ok(Stored { object, offset: 0 })
    }

    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        let bytes = self.0.lock().get(object).cloned();
        let bytes = bytes.ok_or_else(|| ArchiveError::NotFound(object.to_owned()))?;
        let end = offset.saturating_add(len);
        if end > bytes.len() as u64 {
            return Err(ArchiveError::Short { object: object.to_owned(), end });
        }
        // Both are at most the length of what is in memory.
        Ok(bytes.slice(offset as usize..end as usize))
    }

    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        let objects = self.0.lock();
        let folder = objects::folder(run);
        let of_run = objects.range(folder.clone()..).take_while(|(name, _)| name.starts_with(&folder));
        Ok(of_run.map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError> {
        let folder = objects::folder(run);
        self.0.lock().retain(|name, _| !name.starts_with(&folder));
        Ok(())
    }
}
