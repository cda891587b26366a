//! Files that are made: under a name of their own until they are whole, `NAME.<uuid>.part`.

use super::disk::{self, explain};
use super::{Inner, blocking, names, open_file};
use crate::objects;
use async_trait::async_trait;
use bytes::Bytes;
use shared::ids::RunId;
use shared::ports::ArchiveError;
use shared::ports::archive::Upload;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a file's name ends in while it is made.
const PART: &str = ".part";

/// A file that is being made. It is locked as long as that lasts, so that nobody takes it for one that a crash left.
pub(super) struct FileUpload {
    archive: Arc<Inner>,
    object: String,
    file: Arc<File>,
    part: PathBuf,
    whole: PathBuf,
    is_finished: bool,
}

impl FileUpload {
    /// Begins a file. Blocks.
    pub(super) fn begin(archive: Arc<Inner>, run: RunId, name: &str) -> Result<Self, ArchiveError> {
        let folder = names::folder(&archive.root, run);
        let whole = folder.join(name);
        let part = folder.join(format!("{name}.{}{PART}", uuid::Uuid::new_v4().simple()));
        let make = || {
            disk::make_folder(&folder)?;
            remove_left(&folder, name)?;
            let file = OpenOptions::new().write(true).create_new(true).open(&part)?;
            // Another process may have taken it for a left one before it was locked.
            if !open_file::lock(&file)? || !part.try_exists()? {
                return Err(io::Error::from(ErrorKind::ResourceBusy));
            }
            Ok(file)
        };
        let file = Arc::new(make().map_err(|e| explain("cannot make", &part, &e))?);
        let object = objects::object(run, name);
        Ok(FileUpload { archive, object, file, part, whole, is_finished: false })
    }
}

/// Removes what crashes left of a file.
fn remove_left(folder: &Path, name: &str) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let left = entry.file_name();
        let is_part = left
            .to_str()
            .and_then(|left| left.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('.') && rest.ends_with(PART));
        if !is_part {
            continue;
        }
        let file = match File::open(entry.path()) {
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            other => other?,
        };
        if open_file::lock(&file)? {
            gone(std::fs::remove_file(entry.path()))?;
        }
    }
    Ok(())
}

/// Removes a file; that it is gone already is success. Blocks.
pub(super) fn remove(archive: &Inner, object: &str) -> Result<(), ArchiveError> {
    let missing = || ArchiveError::NotFound(object.to_owned());
    let (run, name) = objects::parse_file(object).ok_or_else(missing)?;
    let path = names::folder(&archive.root, run).join(name);
    archive.readers.forget_object(object);
    let removed = gone(std::fs::remove_file(&path));
    removed.map_err(|e| explain("cannot remove", &path, &e))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[async_trait]
impl Upload for FileUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), ArchiveError> {
        let (file, part) = (self.file.clone(), self.part.clone());
        blocking(move || (&*file).write_all(&bytes).map_err(|e| explain("cannot write", &part, &e))).await
    }

    async fn finish(mut self: Box<Self>) -> Result<String, ArchiveError> {
        let (file, part, whole) = (self.file.clone(), self.part.clone(), self.whole.clone());
        let finish = move || {
            file.sync_all()?;
            std::fs::rename(&part, &whole)?;
            whole.parent().map_or(Ok(()), disk::sync_folder)
        };
        let path = self.whole.clone();
        blocking(move || finish().map_err(|e| explain("cannot finish", &path, &e))).await?;
        self.is_finished = true;
        self.archive.readers.forget_object(&self.object);
        Ok(self.object.clone())
    }

    async fn abandon(self: Box<Self>) {}
}

impl Drop for FileUpload {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = gone(std::fs::remove_file(&self.part))
        {
            tracing::debug!(file = %self.part.display(), %error, "it is removed when the file is begun again");
        }
    }
}
