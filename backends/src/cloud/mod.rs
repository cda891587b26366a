//! The archive on Google Cloud Storage (`gs://`) and Azure Blob Storage (`az://`), by `object_store`:
//! one object a segment, made and never written over, and files in parts (`file`).
//!
//! Credentials come as these clouds' own tools find them: the environment, a file named by it, or the
//! identity of the workload or the instance.

mod address;
mod errors;
mod file;

/// For those who bring a store of their own.
pub use object_store;

use crate::location::Location;
use crate::objects;
use crate::parts::Parts;
use async_trait::async_trait;
use bytes::Bytes;
use errors::{explain, explain_write};
use file::CloudUpload;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode};
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored, Upload};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// How long a call may take, all tries of it.
const CALL: Duration = Duration::from_secs(60);

/// No object is larger. A range that ends beyond is not asked for.
const MAX_OBJECT: u64 = 1 << 50;

/// See the module.
pub struct CloudArchive {
    store: Arc<dyn ObjectStore>,
    location: Location,
}

impl CloudArchive {
    /// The archive at `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX?account=NAME`; both know
    /// `endpoint`. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`ArchiveError::Refused`], if the URL or the credentials cannot be used.
    pub fn connect(url: &str) -> Result<Self, ArchiveError> {
        let (store, location) = address::open(url)?;
        Ok(CloudArchive { store, location })
    }

    /// The archive in any object store, under a prefix.
    ///
    /// # Errors
    /// If the prefix is not made of plain names.
    pub fn within(store: Arc<dyn ObjectStore>, prefix: &str) -> Result<Self, ArchiveError> {
        let location = Location::parse(&format!("any://store/{prefix}"), "any", &[])?;
        Ok(CloudArchive { store, location })
    }

    fn path(&self, object: &str) -> Path {
        Path::from(self.location.key(object))
    }

    /// All of a run, whatever it is.
    async fn everything(&self, run: RunId) -> Result<Vec<ObjectMeta>, ArchiveError> {
        let path = self.path(&objects::folder(run));
        self.store.list(Some(&path)).try_collect().await.map_err(explain_write)
    }

    async fn objects(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        let all = self.everything(run).await?;
        let named = all.iter().filter_map(|meta| {
            let object = self.location.object(meta.location.as_ref())?;
            objects::is_segment(object).then(|| (object.to_owned(), meta.size))
        });
        let mut list: Vec<_> = named.collect();
        list.sort();
        Ok(list)
    }

    async fn range(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        let end = offset.saturating_add(len);
        let short = || ArchiveError::Short { object: object.to_owned(), end };
        let path = self.path(object);
        if len == 0 || end > MAX_OBJECT {
            let size = self.store.head(&path).await.map_err(|error| explain(object, error))?.size;
            return if size < end { Err(short()) } else { Ok(Bytes::new()) };
        }
        let range = GetOptions { range: Some(GetRange::Bounded(offset..end)), ..GetOptions::default() };
        let got = match self.store.get_opts(&path, range).await {
            Ok(got) => got,
            // A range that begins behind the end is an error without a name.
            Err(error) => match (explain(object, error), self.store.head(&path).await) {
                (ArchiveError::NotFound(object), _) => return Err(ArchiveError::NotFound(object)),
                (_, Ok(meta)) if meta.size < end => return Err(short()),
                (error, _) => return Err(error),
            },
        };
        if got.meta.size < end {
            return Err(short());
        }
        let bytes = got.bytes().await.map_err(|error| explain(object, error))?;
        if bytes.len() as u64 != len {
            let came = bytes.len();
            return Err(ArchiveError::Unavailable(format!(
                "{object} was cut off: {came} bytes of {len} came"
            )));
        }
        Ok(bytes)
    }

    /// Stores an object. That it was there already is success: a segment's bytes never change.
    async fn upload(&self, object: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        let path = self.path(object);
        let len = bytes.len() as u64;
        match self.store.put_opts(&path, bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(()),
            // Any conflict is called this; the object itself tells.
            Err(error @ object_store::Error::AlreadyExists { .. }) => match self.store.head(&path).await {
                Ok(meta) if meta.size == len => Ok(()),
                _ => Err(explain_write(error)),
            },
            Err(error) => Err(explain_write(error)),
        }
    }
}

async fn in_time<T>(call: impl Future<Output = Result<T, ArchiveError>> + Send) -> Result<T, ArchiveError> {
    let late = |_| ArchiveError::Unavailable(format!("no answer within {CALL:?}"));
    tokio::time::timeout(CALL, call).await.map_err(late)?
}

#[async_trait]
impl Archive for CloudArchive {
    async fn put(&self, run: RunId, segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError> {
        let object = objects::of_segment(run, segment);
        in_time(self.upload(&object, bytes)).await?;
        Ok(Stored { object, offset: 0 })
    }

    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        if objects::parse(object).is_none() {
            return Err(ArchiveError::NotFound(object.to_owned()));
        }
        in_time(self.range(object, offset, len)).await
    }

    async fn begin(&self, run: RunId, file_name: &str) -> Result<Box<dyn Upload>, ArchiveError> {
        let object = objects::of_file(run, file_name)?;
        let (path, store) = (self.path(&object), self.store.clone());
        Ok(Box::new(CloudUpload { store, object, path, parts: Parts::default(), begun: None }))
    }

    async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        objects::parse_file(object).ok_or_else(|| ArchiveError::NotFound(object.to_owned()))?;
        let path = self.path(object);
        let removed =
            in_time(async { self.store.delete(&path).await.map_err(|error| explain(object, error)) });
        match removed.await {
            Err(ArchiveError::NotFound(_)) => Ok(()),
            other => other,
        }
    }

    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        in_time(self.objects(run)).await
    }

    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError> {
        let paths = in_time(self.everything(run)).await?.into_iter().map(|meta| Ok(meta.location));
        let mut deleted = self.store.delete_stream(futures::stream::iter(paths.collect::<Vec<_>>()).boxed());
        while let Some(result) = in_time(async { Ok(deleted.next().await) }).await? {
            match result {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(explain_write(error)),
            }
        }
        Ok(())
    }
}
