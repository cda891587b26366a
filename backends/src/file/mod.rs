//! The archive as WARC files on a local disk: `runs/<run>/<yyyymmddhhmmss>-<nnnnn>.warc.gz`.
//!
//! A run's segments are appended to one file until it is large enough. While it is written to, the
//! file is called `NAME.open` and locked; callers know it under its final name only. A crash leaves
//! `.open` files behind: the next process that opens the archive cuts each one back to its last
//! whole record and closes it. No process ever appends to a file that it did not make.
//!
//! Files that are made beside them (`upload`) have a name of their own until they are whole.

mod append;
mod disk;
mod names;
mod open_file;
mod readers;
mod recover;
mod upload;
mod writer;

use crate::objects;
use async_trait::async_trait;
use bytes::Bytes;
use disk::explain;
use parking_lot::Mutex;
use readers::Readers;
use shared::clock::{Clock, SystemClock};
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored, Upload};
use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use upload::FileUpload;
use writer::{Put, RunWriter};

/// How files are made.
#[derive(Clone)]
pub struct FileOptions {
    /// A file of at least so many bytes is closed, and a new one begun.
    pub roll: u64,
    /// Files that are open for writing at the same time; the longest unused is closed.
    pub open_files: usize,
    /// Tells the time in names.
    pub clock: Arc<dyn Clock>,
}

impl Default for FileOptions {
    fn default() -> Self {
        FileOptions { roll: 1 << 30, open_files: 32, clock: Arc::new(SystemClock) }
    }
}

/// See the module. Dropped, it closes its files.
pub struct FileArchive(Arc<Inner>);

struct Inner {
    root: PathBuf,
    options: FileOptions,
    writers: Mutex<HashMap<RunId, Arc<RunWriter>>>,
    readers: Readers,
    ticks: AtomicU64,
}

impl Inner {
    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::Relaxed)
    }

    fn writer(&self, run: RunId) -> Arc<RunWriter> {
        self.writers.lock().entry(run).or_insert_with(|| Arc::new(RunWriter::new(run))).clone()
    }

    /// Makes room for one more open file, that of `but`.
    fn close_longest_unused(&self, but: &RunWriter) {
        let mut open: Vec<(u64, Arc<RunWriter>)> = {
            let writers = self.writers.lock();
            let others = writers.values().filter(|writer| !std::ptr::eq(&***writer, but));
            others.filter_map(|writer| Some((writer.idle_since()?, writer.clone()))).collect()
        };
        open.sort_by_key(|(used, _)| *used);
        let too_many = (open.len() + 1).saturating_sub(self.options.open_files);
        for (_, writer) in open.iter().take(too_many) {
            writer.close();
        }
    }

    fn list(&self, run: RunId) -> std::io::Result<Vec<(String, u64)>> {
        let entries = match std::fs::read_dir(names::folder(&self.root, run)) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut objects = BTreeMap::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let name = name.strip_suffix(names::OPEN).unwrap_or(name);
            let size = match entry.metadata() {
                // It got its final name, or was deleted, a moment ago.
                Err(e) if e.kind() == ErrorKind::NotFound => self.size(run, name),
                other => other?.len(),
            };
            if objects::is_file_name(name) && size > 0 {
                objects.insert(objects::object(run, name), size);
            }
        }
        let writer = self.writers.lock().get(&run).cloned();
        if let Some((object, whole)) = writer.and_then(|writer| writer.open_object())
            && let Some(size) = objects.get_mut(&object)
        {
            *size = whole;
        }
        Ok(objects.into_iter().filter(|(_, size)| *size > 0).collect())
    }

    fn size(&self, run: RunId, file_name: &str) -> u64 {
        std::fs::metadata(names::folder(&self.root, run).join(file_name)).map_or(0, |file| file.len())
    }

    fn delete(&self, run: RunId) -> std::io::Result<()> {
        if let Some(writer) = self.writers.lock().remove(&run) {
            writer.abandon();
        }
        self.readers.forget(run);
        match std::fs::remove_dir_all(names::folder(&self.root, run)) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
            Ok(()) => disk::sync_folder(&self.root.join(objects::RUNS)),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for writer in self.writers.get_mut().values() {
            writer.close();
        }
    }
}

impl FileArchive {
    /// Opens an archive, made if it is not there, and puts right what a crash left behind.
    ///
    /// # Errors
    /// If the folder cannot be made, read or written to.
    pub async fn open(root: impl AsRef<Path>) -> Result<Self, ArchiveError> {
        Self::open_with(root, FileOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    /// If the folder cannot be made, read or written to.
    pub async fn open_with(root: impl AsRef<Path>, options: FileOptions) -> Result<Self, ArchiveError> {
        let root = root.as_ref().to_owned();
        let runs = root.join(objects::RUNS);
        let inner = Inner {
            root,
            options,
            writers: Mutex::default(),
            readers: Readers::default(),
            ticks: AtomicU64::new(0),
        };
        blocking(move || {
            disk::make_folder(&runs).map_err(|e| explain("cannot make", &runs, &e))?;
            recover::recover(&inner.root).map_err(|e| explain("cannot recover", &inner.root, &e))?;
            Ok(FileArchive(Arc::new(inner)))
        })
        .await
    }

    /// Gives all files their final names. The archive can be used on; new files are begun then.
    pub async fn close(&self) {
        let inner = self.0.clone();
        let closed = blocking(move || {
            let writers: Vec<_> = inner.writers.lock().values().cloned().collect();
            writers.iter().for_each(|writer| writer.close());
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::warn!(%error, "files keep their .open names for now");
        }
    }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    spawn_blocking(work).await.unwrap_or_else(|e| Err(ArchiveError::Unavailable(e.to_string())))
}

#[async_trait]
impl Archive for FileArchive {
    async fn put(&self, run: RunId, _segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError> {
        let (tell, told) = oneshot::channel();
        let writer = self.0.writer(run);
        if writer.add(Put { bytes, tell }) {
            let archive = self.0.clone();
            spawn_blocking(move || writer.store(&archive));
        }
        told.await.unwrap_or_else(|_| Err(ArchiveError::Unavailable("the archive is shut down".into())))
    }

    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        let (archive, object) = (self.0.clone(), object.to_owned());
        blocking(move || archive.readers.read(&archive.root, &object, offset, len)).await
    }

    async fn begin(&self, run: RunId, file_name: &str) -> Result<Box<dyn Upload>, ArchiveError> {
        // Refused before anything is made of it.
        objects::of_file(run, file_name)?;
        let (archive, name) = (self.0.clone(), file_name.to_owned());
        let begun = blocking(move || FileUpload::begin(archive, run, &name)).await?;
        Ok(Box::new(begun))
    }

    async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        let (archive, object) = (self.0.clone(), object.to_owned());
        blocking(move || upload::remove(&archive, &object)).await
    }

    async fn list(&self, run: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        let archive = self.0.clone();
        blocking(move || archive.list(run).map_err(|e| explain("cannot list", &archive.root, &e))).await
    }

    async fn delete_run(&self, run: RunId) -> Result<(), ArchiveError> {
        let archive = self.0.clone();
        blocking(move || archive.delete(run).map_err(|e| explain("cannot delete in", &archive.root, &e)))
            .await
    }
}
