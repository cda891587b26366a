//! What the disk says, and what it must be told.

use shared::ports::ArchiveError;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// What a disk's error means to those who use the archive.
pub(super) fn explain(what: &str, path: &Path, error: &io::Error) -> ArchiveError {
    let text = format!("{what} {}: {error}", path.display());
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            ArchiveError::Full(text)
        }
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::Unsupported => ArchiveError::Refused(text),
        _ => ArchiveError::Unavailable(text),
    }
}

/// Makes the names in a folder outlive a power loss, as far as the system can.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes a folder, and its name lasting.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_folder(parent)?;
    }
    match std::fs::create_dir(folder) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(e),
        _ => parent.map_or(Ok(()), sync_folder),
    }
}
