//! What these clouds' answers mean to those who use the archive.

use object_store::Error;
use shared::ports::ArchiveError;
use std::error::Error as _;

/// Codes that say that the bucket or container is missing, not the object in it.
const NO_CONTAINER: [&str; 3] = ["ContainerNotFound", "NoSuchBucket", "bucket does not exist"];

/// What a failed request about `object` means. Without an answer it is worth another try.
pub(super) fn explain(object: &str, error: Error) -> ArchiveError {
    let text = said(&error);
    match error {
        Error::NotFound { .. } if !NO_CONTAINER.iter().any(|code| text.contains(code)) => {
            ArchiveError::NotFound(object.to_owned())
        }
        Error::Generic { .. } => match status(&text) {
            Some(507) => ArchiveError::Full(text),
            Some(408 | 429) | None => ArchiveError::Unavailable(text),
            Some(400..=499) => ArchiveError::Refused(text),
            Some(_) => ArchiveError::Unavailable(text),
        },
        Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::JoinError { .. } => {
            ArchiveError::Unavailable(text)
        }
        _ => ArchiveError::Refused(text),
    }
}

/// The status that `object_store` tells in its text only, `… status code: 400 Bad Request …`.
fn status(text: &str) -> Option<u16> {
    text.split_once("status code: ")?.1.get(..3)?.parse().ok()
}

/// What a failed request means that needs no object to be there: "not found" is a wrong address.
pub(super) fn explain_write(error: Error) -> ArchiveError {
    let text = said(&error);
    match explain("", error) {
        ArchiveError::NotFound(_) => ArchiveError::Refused(text),
        other => other,
    }
}

/// An error with its causes, in one line.
fn said(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace(char::is_control, " ")
}
