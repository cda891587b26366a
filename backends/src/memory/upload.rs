//! A file that is being made in memory.

use super::archive::Objects;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use shared::ports::ArchiveError;
use shared::ports::archive::Upload;
use std::sync::Arc;

pub(super) struct MemoryUpload {
    pub(super) object: String,
    pub(super) bytes: BytesMut,
    pub(super) objects: Arc<Objects>,
}

#[async_trait]
impl Upload for MemoryUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), ArchiveError> {
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<String, ArchiveError> {
        let MemoryUpload { object, bytes, objects } = *self;
        objects.lock().insert(object.clone(), bytes.freeze());
        Ok(object)
    }

    async fn abandon(self: Box<Self>) {}
}
