//! Reading a range of an object, and seeing that it is the range.

use super::S3Archive;
use super::errors::{explain, status};
use bytes::{Bytes, BytesMut};
use shared::ports::ArchiveError;

/// No object is larger; S3's own limit is far below. A range that ends beyond is not asked for, since
/// servers answer ranges that they cannot read with the whole object.
const MAX_OBJECT: u64 = 1 << 50;

/// The status that says that the range begins behind the object's end.
const BEYOND: u16 = 416;

impl S3Archive {
    /// Reads exactly this range.
    pub(super) async fn download(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        let end = offset.saturating_add(len);
        let short = || ArchiveError::Short { object: object.to_owned(), end };
        if len == 0 || end > MAX_OBJECT {
            return if self.size(object).await? < end { Err(short()) } else { Ok(Bytes::new()) };
        }
        let request = self.client.get_object().bucket(self.bucket()).key(self.key(object));
        let answer = match request.range(format!("bytes={offset}-{}", end - 1)).send().await {
            Err(error) if status(&error) == Some(BEYOND) => return Err(short()),
            answer => answer.map_err(|error| explain(object, &error))?,
        };
        let size = answer.content_range().and_then(|range| range.rsplit('/').next()?.parse::<u64>().ok());
        if size.is_some_and(|size| size < end) {
            return Err(short());
        }
        let mut body = answer.body;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| cut_off(object, error))?;
            if (bytes.len() + chunk.len()) as u64 > len {
                return Err(ArchiveError::Refused("the server sends more than the range asked for".into()));
            }
            bytes.extend_from_slice(&chunk);
        }
        if (bytes.len() as u64) < len {
            return Err(cut_off(object, format_args!("{} bytes of {len} came", bytes.len())));
        }
        Ok(bytes.freeze())
    }

    async fn size(&self, object: &str) -> Result<u64, ArchiveError> {
        let request = self.client.head_object().bucket(self.bucket()).key(self.key(object));
        let head = request.send().await.map_err(|error| explain(object, &error))?;
        Ok(head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0))
    }
}

/// The answer ended before its end. The next one may be whole.
fn cut_off(object: &str, why: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Unavailable(format!("{object} was cut off: {why}"))
}
