//! The file that a run's segments are appended to, from its making to its final name.

use super::append::Appender;
use super::{disk, names};
use crate::objects;
use shared::clock::Timestamp;
use shared::ids::RunId;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// An object that is written to. It is locked as long as it is open, so that another process that
/// opens the archive does not take it for one that a crash left behind.
pub(super) struct OpenFile {
    pub(super) object: String,
    pub(super) appender: Appender<File>,
    open: PathBuf,
    closed: PathBuf,
}

/// Locks a file, unless another has it locked; where there are no locks, it counts as locked.
pub(super) fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

impl OpenFile {
    /// Makes the next object of a run. Its name is new: no file of another process, nor one that
    /// is there already, is ever appended to.
    pub(super) fn create(root: &Path, run: RunId, now: Timestamp) -> io::Result<Self> {
        let folder = names::folder(root, run);
        disk::make_folder(&folder)?;
        let mut serial = next_serial(&folder)?;
        loop {
            let name = names::file_name(now, serial);
            serial += 1;
            let closed = folder.join(&name);
            let open = names::open_path(&closed);
            let file = match OpenOptions::new().append(true).create_new(true).open(&open) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                other => other?,
            };
            // Another process may have taken it for a left one before it was locked.
            if !lock(&file)? || !open.try_exists()? {
                continue;
            }
            // Another process may have used the name from beginning to end since we looked.
            if closed.try_exists()? {
                std::fs::remove_file(&open)?;
                continue;
            }
            disk::sync_folder(&folder)?;
            let object = objects::object(run, &name);
            return Ok(OpenFile { object, appender: Appender::new(file), open, closed });
        }
    }

    /// Gives it its final name; an empty one is removed.
    pub(super) fn close(self) -> io::Result<()> {
        if self.appender.len() == 0 {
            std::fs::remove_file(&self.open)?;
        } else {
            std::fs::rename(&self.open, &self.closed)?;
        }
        self.closed.parent().map_or(Ok(()), disk::sync_folder)
    }
}

/// One more than the highest serial number in a folder.
fn next_serial(folder: &Path) -> io::Result<u32> {
    let mut next = 0;
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let serial = names::serial(name.strip_suffix(names::OPEN).unwrap_or(&name));
        next = next.max(serial.map_or(0, |serial| serial.saturating_add(1)));
    }
    Ok(next)
}
