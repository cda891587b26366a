//! Files: one request where they are small, else in parts that nobody sees until they are all there.

use super::S3Archive;
use super::errors::{explain, explain_write};
use crate::parts::{MOST, PART, Parts};
use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use shared::ports::ArchiveError;
use shared::ports::archive::Upload;

/// A file that is being made.
pub(super) struct S3Upload {
    archive: S3Archive,
    object: String,
    parts: Parts,
    /// The upload's number, and the parts that have gone up; None: all of it is still in memory.
    begun: Option<(String, Vec<CompletedPart>)>,
}

impl S3Archive {
    /// Begins a file. What was begun under its name and not finished is given up.
    pub(super) async fn begin_file(&self, object: String) -> S3Upload {
        // Where the server cannot tell, the bucket's rule for unfinished uploads removes them.
        if let Err(error) = self.within(self.abort_older(&object)).await {
            tracing::debug!(object, %error, "unfinished uploads may be left behind");
        }
        S3Upload { archive: self.clone(), object, parts: Parts::default(), begun: None }
    }

    async fn abort_older(&self, object: &str) -> Result<(), ArchiveError> {
        let key = self.key(object);
        let request = self.client.list_multipart_uploads().bucket(self.bucket()).prefix(&key);
        let found = request.send().await.map_err(|error| explain_write(object, &error))?;
        for upload in found.uploads().iter().filter(|upload| upload.key() == Some(&*key)) {
            if let Some(number) = upload.upload_id() {
                self.abort(object, number).await?;
            }
        }
        Ok(())
    }

    /// Removes a file; that it is gone already is success.
    pub(super) async fn remove_file(&self, object: &str) -> Result<(), ArchiveError> {
        let request = self.client.delete_object().bucket(self.bucket()).key(self.key(object));
        match request.send().await.map_err(|error| explain(object, &error)) {
            Ok(_) | Err(ArchiveError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn put_file(&self, object: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        let request = self.client.put_object().bucket(self.bucket()).key(self.key(object));
        let request = request.content_type(content_type(object)).body(ByteStream::from(bytes));
        request.send().await.map(drop).map_err(|error| explain_write(object, &error))
    }
}

fn content_type(object: &str) -> &'static str {
    match object.rsplit('.').next() {
        Some("jsonl") => "application/x-ndjson",
        Some("csv") => "text/csv; charset=utf-8; header=present",
        _ => "application/vnd.apache.parquet",
    }
}

impl S3Upload {
    async fn send(&mut self, part: Bytes) -> Result<(), ArchiveError> {
        let (archive, object) = (&self.archive, &self.object);
        let (upload, sent) = match &mut self.begun {
            Some(begun) => begun,
            None => {
                let upload = archive.within(archive.begin_upload(object, content_type(object))).await?;
                self.begun.insert((upload, Vec::new()))
            }
        };
        let number = i32::try_from(sent.len() + 1).unwrap_or(i32::MAX);
        if number > MOST {
            let most = PART as u64 * MOST.unsigned_abs() as u64;
            return Err(ArchiveError::Refused(format!("{object} is larger than {most} bytes")));
        }
        sent.push(archive.within(archive.send_part(object, upload, number, part)).await?);
        Ok(())
    }
}

#[async_trait]
impl Upload for S3Upload {
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
        let S3Upload { archive, object, begun, .. } = *self;
        match begun {
            Some((upload, sent)) => archive.within(archive.complete(&object, &upload, sent, None)).await?,
            None => archive.within(archive.put_file(&object, rest)).await?,
        }
        Ok(object)
    }

    async fn abandon(self: Box<Self>) {
        if let Some((upload, _)) = &self.begun
            && let Err(error) = self.archive.within(self.archive.abort(&self.object, upload)).await
        {
            tracing::debug!(object = self.object, upload, %error, "parts are left behind");
        }
    }
}
