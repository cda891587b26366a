//! What S3's answers mean to those who use the archive.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use shared::ports::ArchiveError;
use std::error::Error;

/// Codes that say "not now" whatever status they come with: the next try has new credentials, a new
/// clock, a new connection or a new upload.
const PASSING: [&str; 5] =
    ["ExpiredToken", "RequestExpired", "RequestTimeout", "RequestTimeTooSkewed", "NoSuchUpload"];

/// Codes of servers whose disks are full or whose quota is used up.
const FULL: [&str; 4] = ["QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "StorageFull"];

/// The status of S3's answer; None where none came, or one that could not be read.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    match error {
        SdkError::ServiceError(answer) => Some(answer.raw().status().as_u16()),
        _ => None,
    }
}

/// What a failed request about `object` means. Without an answer it is worth another try.
pub(super) fn explain<E>(object: &str, error: &SdkError<E, HttpResponse>) -> ArchiveError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let code = error.code().unwrap_or_default();
    let text = said(error);
    match status(error) {
        None => ArchiveError::Unavailable(text),
        Some(_) if PASSING.contains(&code) => ArchiveError::Unavailable(text),
        Some(507) => ArchiveError::Full(text),
        Some(_) if FULL.contains(&code) => ArchiveError::Full(text),
        Some(404) if code != "NoSuchBucket" => ArchiveError::NotFound(object.to_owned()),
        Some(408 | 409 | 412 | 429 | 500 | 502..=599) => ArchiveError::Unavailable(text),
        Some(300..=399) => ArchiveError::Refused(format!("{text} (is the region right?)")),
        Some(_) => ArchiveError::Refused(text),
    }
}

/// What a failed request means that needs no object to be there: "not found" is a wrong address.
pub(super) fn explain_write<E>(object: &str, error: &SdkError<E, HttpResponse>) -> ArchiveError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match explain(object, error) {
        ArchiveError::NotFound(_) => ArchiveError::Refused(said(error)),
        other => other,
    }
}

/// An error in one line: S3's status, code and message, or what hindered the request, cause by cause.
fn said<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    let mut text = match status(error) {
        Some(status) => [&*status.to_string(), error.code().unwrap_or(""), error.message().unwrap_or("")]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" "),
        None => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            text
        }
    };
    text.retain(|c| !c.is_control());
    text
}
