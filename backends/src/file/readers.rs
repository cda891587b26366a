//! Files that are read from, kept open for a while.

use super::disk::explain;
use super::names;
use crate::objects;
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::RunId;
use shared::ports::ArchiveError;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Files kept open.
const KEPT: usize = 32;

struct Reader {
    run: RunId,
    object: String,
    file: Mutex<File>,
}

/// The files read last, the latest in front.
#[derive(Default)]
pub(super) struct Readers(Mutex<VecDeque<Arc<Reader>>>);

impl Readers {
    /// Reads a range of an object. Blocks.
    pub(super) fn read(
        &self,
        root: &Path,
        object: &str,
        offset: u64,
        len: u64,
    ) -> Result<Bytes, ArchiveError> {
        let Some((run, file_name)) = objects::parse(object) else {
            return Err(ArchiveError::NotFound(object.to_owned()));
        };
        let path = names::folder(root, run).join(file_name);
        let failed = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => ArchiveError::NotFound(object.to_owned()),
            _ => explain("cannot read", &path, &e),
        };
        let reader = self.reader(run, object, &path).map_err(failed)?;
        let mut file = reader.file.lock();
        let end = offset.saturating_add(len);
        if end > file.metadata().map_err(failed)?.len() {
            return Err(ArchiveError::Short { object: object.to_owned(), end });
        }
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        // The file is at least as long.
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        file.read_exact(&mut bytes).map_err(failed)?;
        Ok(Bytes::from(bytes))
    }

    fn reader(&self, run: RunId, object: &str, path: &Path) -> io::Result<Arc<Reader>> {
        if let Some(known) = self.known(object) {
            return Ok(known);
        }
        let file = Mutex::new(open(path)?);
        let reader = Arc::new(Reader { run, object: object.to_owned(), file });
        let mut readers = self.0.lock();
        readers.truncate(KEPT - 1);
        readers.push_front(reader.clone());
        Ok(reader)
    }

    fn known(&self, object: &str) -> Option<Arc<Reader>> {
        let mut readers = self.0.lock();
        let at = readers.iter().position(|reader| reader.object == object)?;
        let reader = readers.remove(at)?;
        readers.push_front(reader.clone());
        Some(reader)
    }

    /// Closes a file that is removed or replaced.
    pub(super) fn forget_object(&self, object: &str) {
        self.0.lock().retain(|reader| reader.object != object);
    }

    /// Closes the files of a run that is deleted.
    pub(super) fn forget(&self, run: RunId) {
        self.0.lock().retain(|reader| reader.run != run);
    }
}

/// Opens a file under its final name, or under the one it has while it is written to. It may get
/// its final name between the two.
fn open(path: &Path) -> io::Result<File> {
    for path in [path, &names::open_path(path)] {
        match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
    }
    File::open(path)
}
