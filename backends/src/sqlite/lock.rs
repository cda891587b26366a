//! One process a data folder.

use shared::ports::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The lock of a data folder; let go when dropped, and by the operating system when the process
/// dies.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the file `lock` in `folder`.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: another process holds it, or the file cannot be made.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let refused =
            |cause: std::io::Error| StoreError::Refused(format!("cannot lock {}: {cause}", path.display()));
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(folder, &mut file)),
            Err(TryLockError::Error(cause)) => return Err(refused(cause)),
        }
        // For the message of whoever comes second; without it the message only says less.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()));
        Ok(FolderLock { _file: file })
    }
}

fn in_use(folder: &Path, file: &mut File) -> StoreError {
    let mut pid = String::new();
    let read = file.take(20).read_to_string(&mut pid).is_ok();
    let who = match pid.trim().parse::<u32>() {
        Ok(pid) if read => format!("another harvestman (pid {pid})"),
        _ => "another harvestman".to_owned(),
    };
    StoreError::Refused(format!(
        "the data folder {} is in use by {who}; wait for it to end, stop it, or use another folder",
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        let message = FolderLock::take(folder.path()).unwrap_err().to_string();
        assert!(message.contains(&format!("pid {}", std::process::id())), "{message}");
        drop(first);
        FolderLock::take(folder.path()).unwrap();
    }
}
