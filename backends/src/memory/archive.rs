//! An archive in memory, for tests: one object a segment, gone with the process.

use super::upload::MemoryUpload;
use crate::objects;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored, Upload};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What there is, by name.
pub(super) type Objects = Mutex<BTreeMap<String, Bytes>>;

/// See the module.
#[derive(Default)]
pub struct MemoryArchive(Arc<Objects>);

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

    async fn begin(&self, run: RunId, file_name: &str) -> Result<Box<dyn Upload>, ArchiveError> {
        let object = objects::of_file(run, file_name)?;
        Ok(Box::new(MemoryUpload { object, bytes: BytesMut::new(), objects: self.0.clone() }))
    }

    async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        objects::parse_file(object).ok_or_else(|| ArchiveError::NotFound(object.to_owned()))?;
        self.0.lock().remove(object);
        Ok(())
    }

    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        let objects = self.0.lock();
        let folder = objects::folder(run);
        let of_run = objects.range(folder.clone()..).take_while(|(name, _)| name.starts_with(&folder));
        let of_run = of_run.filter(|(name, _)| objects::is_segment(name));
        Ok(of_run.map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError> {
        let folder = objects::folder(run);
        self.0.lock().retain(|name, _| !name.starts_with(&folder));
        Ok(())
    }
}
