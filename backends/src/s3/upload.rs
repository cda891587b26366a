//! Storing one object: with one request, or in parts where it is large.

use super::S3Archive;
use super::errors::{explain_write, status};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use shared::ports::ArchiveError;

/// "No object of this name": the condition under which an object is made, never written over.
const NOTHING_THERE: &str = "*";

/// The status that says that the object is there already: a former try stored it.
const EXISTS: u16 = 412;

impl S3Archive {
    /// Stores an object. That it was there already is success: a segment's bytes never change.
    pub(super) async fn upload(&self, object: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        if bytes.len() > self.limits.part {
            return self.upload_in_parts(object, bytes).await;
        }
        let request = self.client.put_object().bucket(self.bucket()).key(self.key(object));
        let request = request.content_type(super::CONTENT_TYPE).set_if_none_match(self.condition());
        match request.body(ByteStream::from(bytes)).send().await {
            Err(error) if status(&error) != Some(EXISTS) => Err(explain_write(object, &error)),
            _ => Ok(()),
        }
    }

    async fn upload_in_parts(&self, object: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        let upload = self.begin_upload(object, super::CONTENT_TYPE).await?;
        let done = self.send_parts(object, &upload, bytes).await;
        if done.is_err() {
            // What cannot be removed now is removed by the bucket's rule for unfinished uploads.
            if let Err(error) = self.abort(object, &upload).await {
                tracing::debug!(object, upload, %error, "parts are left behind");
            }
        }
        done
    }

    async fn send_parts(&self, object: &str, upload: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        let mut parts = Vec::new();
        for (number, begin) in (1..).zip((0..bytes.len()).step_by(self.limits.part)) {
            let part = bytes.slice(begin..bytes.len().min(begin + self.limits.part));
            parts.push(self.send_part(object, upload, number, part).await?);
        }
        self.complete(object, upload, parts, self.condition()).await
    }

    /// Begins an upload in parts; returns its number.
    pub(super) async fn begin_upload(
        &self,
        object: &str,
        content_type: &str,
    ) -> Result<String, ArchiveError> {
        let request = self.client.create_multipart_upload().bucket(self.bucket()).key(self.key(object));
        let begun = request.content_type(content_type).send().await;
        let begun = begun.map_err(|error| explain_write(object, &error))?;
        let without = || ArchiveError::Unavailable("S3 began an upload without a number".into());
        begun.upload_id().map(str::to_owned).ok_or_else(without)
    }

    /// Sends a part.
    pub(super) async fn send_part(
        &self,
        object: &str,
        upload: &str,
        number: i32,
        part: Bytes,
    ) -> Result<CompletedPart, ArchiveError> {
        let request = self.client.upload_part().bucket(self.bucket()).key(self.key(object));
        let request = request.upload_id(upload).part_number(number).body(ByteStream::from(part));
        let sent = request.send().await.map_err(|error| explain_write(object, &error))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32);
        Ok(part.build())
    }

    /// Makes an object of all parts. With a condition, that it is there already is success.
    pub(super) async fn complete(
        &self,
        object: &str,
        upload: &str,
        parts: Vec<CompletedPart>,
        condition: Option<String>,
    ) -> Result<(), ArchiveError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.client.complete_multipart_upload().bucket(self.bucket()).key(self.key(object));
        let request = request.upload_id(upload).multipart_upload(parts).set_if_none_match(condition);
        match request.send().await {
            Err(error) if status(&error) != Some(EXISTS) => Err(explain_write(object, &error)),
            _ => Ok(()),
        }
    }

    /// Removes the parts of an upload that is not finished.
    pub(super) async fn abort(&self, object: &str, upload: &str) -> Result<(), ArchiveError> {
        let request = self.client.abort_multipart_upload().bucket(self.bucket()).key(self.key(object));
        let aborted = request.upload_id(upload).send().await;
        aborted.map(drop).map_err(|error| explain_write(object, &error))
    }

    fn condition(&self) -> Option<String> {
        self.create_only.then(|| NOTHING_THERE.to_owned())
    }
}
