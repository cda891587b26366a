//! The archive on S3, or what looks like it: one object a segment, `runs/<run>/<segment>.warc.gz`.
//!
//! A segment goes up with one request (`upload`), a page comes out with one (`download`), a run goes
//! by its prefix (`runs`), a file goes up in parts (`file`). Every call ends within [`Limits::call`]; the SDK tries a request again a few
//! times, whoever calls tries again later. Segments are made, never written over.

mod access;
mod client;
mod download;
mod errors;
mod file;
mod options;
mod runs;
mod upload;

pub use access::Access;
pub use options::Limits;

use crate::location::Location;
use crate::objects;
use async_trait::async_trait;
use aws_sdk_s3::Client;
use bytes::Bytes;
use options::Options;
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored, Upload};
use std::future::Future;

/// What an object says that it is.
const CONTENT_TYPE: &str = "application/warc";

/// See the module. Clones are the same.
#[derive(Clone)]
pub struct S3Archive {
    client: Client,
    location: Location,
    limits: Limits,
    create_only: bool,
}

impl S3Archive {
    /// The archive at `s3://BUCKET/PREFIX?endpoint=…&region=…&path_style=…&checksums=…&create_only=…`,
    /// every parameter optional. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`ArchiveError::Refused`], if the URL cannot be used.
    pub async fn connect(url: &str, access: Access, limits: Limits) -> Result<Self, ArchiveError> {
        let options = Options::parse(url)?;
        let client = client::client(&options, &access, &limits).await;
        Ok(S3Archive { client, location: options.location, limits, create_only: options.create_only })
    }

    fn bucket(&self) -> &str {
        &self.location.container
    }

    fn key(&self, object: &str) -> String {
        self.location.key(object)
    }

    /// Ends a call whose time is over; what it began on the server does no harm.
    async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, ArchiveError>> + Send,
    ) -> Result<T, ArchiveError> {
        let late = |_| ArchiveError::Unavailable(format!("no answer within {:?}", self.limits.call));
        tokio::time::timeout(self.limits.call, call).await.map_err(late)?
    }
}

#[async_trait]
impl Archive for S3Archive {
    async fn put(&self, run: RunId, segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError> {
        let object = objects::of_segment(run, segment);
        self.within(self.upload(&object, bytes)).await?;
        Ok(Stored { object, offset: 0 })
    }

    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        if objects::parse(object).is_none() {
            return Err(ArchiveError::NotFound(object.to_owned()));
        }
        self.within(self.download(object, offset, len)).await
    }

    async fn begin(&self, run: RunId, file_name: &str) -> Result<Box<dyn Upload>, ArchiveError> {
        Ok(Box::new(self.begin_file(objects::of_file(run, file_name)?).await))
    }

    async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        objects::parse_file(object).ok_or_else(|| ArchiveError::NotFound(object.to_owned()))?;
        self.within(self.remove_file(object)).await
    }

    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        let mut list = Vec::new();
        let mut after = None;
        loop {
            let (page, next) = self.within(self.page(run, after)).await?;
            let named = page.iter().filter_map(|(key, size)| Some((self.location.object(key)?, *size)));
            let ours = named.filter(|(object, _)| objects::is_segment(object));
            list.extend(ours.map(|(object, size)| (object.to_owned(), size)));
            after = next;
            if after.is_none() {
                list.sort();
                return Ok(list);
            }
        }
    }

    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError> {
        let mut after = None;
        loop {
            let (page, next) = self.within(self.page(run, after)).await?;
            if !page.is_empty() {
                self.within(self.delete(page.into_iter().map(|(key, _)| key).collect())).await?;
            }
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
