//! Files: one request where they are small, else in parts that nobody sees until they are all there.

use super::errors::explain_write;
use super::in_time;
use crate::parts::Parts;
use async_trait::async_trait;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use shared::ports::ArchiveError;
use shared::ports::archive::Upload;
use std::sync::Arc;

/// A file that is being made.
pub(super) struct CloudUpload {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) object: String,
    pub(super) path: Path,
    pub(super) parts: Parts,
    /// None: all of it is still in memory.
    pub(super) begun: Option<Box<dyn MultipartUpload>>,
}

impl CloudUpload {
    async fn send(&mut self, part: Bytes) -> Result<(), ArchiveError> {
        let begun = match &mut self.begun {
            Some(begun) => begun,
            None => {
                let (store, path) = (&self.store, &self.path);
                let begun = in_time(async { store.put_multipart(path).await.map_err(explain_write) }).await?;
                self.begun.insert(begun)
            }
        };
        let sending = begun.put_part(part.into());
        in_time(async { sending.await.map_err(explain_write) }).await
    }
}

#[async_trait]
impl Upload for CloudUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), ArchiveError> {
        self.parts.push(&bytes);
        while let Some(part) = self.parts.next() {
            self.send(part).await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<String, ArchiveError> {
        let rest = self.parts.rest();
        if self.begun.is_some() && !rest.is_empty() {
            self.send(rest.clone()).await?;
        }
        let CloudUpload { store, object, path, begun, .. } = *self;
        match begun {
            Some(mut begun) => {
                in_time(async { begun.complete().await.map(drop).map_err(explain_write) }).await?;
            }
            None => {
                let put = async { store.put(&path, rest.into()).await.map(drop).map_err(explain_write) };
                in_time(put).await?;
            }
        }
        Ok(object)
    }

    async fn abandon(mut self: Box<Self>) {
        if let Some(begun) = &mut self.begun
            && let Err(error) = in_time(async { begun.abort().await.map_err(explain_write) }).await
        {
            tracing::debug!(object = self.object, %error, "parts are left behind");
        }
    }
}
