//! One run's writer: puts that come while a sync is under way share the next one.

use super::disk::explain;
use super::open_file::OpenFile;
use super::{Inner, names};
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::RunId;
use shared::ports::{ArchiveError, Stored};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::oneshot;

/// A segment that is to be stored, and who waits for it.
pub(super) struct Put {
    pub(super) bytes: Bytes,
    pub(super) tell: oneshot::Sender<Result<Stored, ArchiveError>>,
}

/// See the module.
pub(super) struct RunWriter {
    run: RunId,
    waiting: Mutex<Waiting>,
    file: Mutex<Option<OpenFile>>,
    /// Rises with every use of any writer: who was used longest ago is closed first.
    used: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    puts: Vec<Put>,
    /// Somebody stores, and will see what comes.
    busy: bool,
}

impl RunWriter {
    pub(super) fn new(run: RunId) -> Self {
        RunWriter { run, waiting: Mutex::default(), file: Mutex::new(None), used: AtomicU64::new(0) }
    }

    /// Adds a put. True if the caller must see to it that [`Self::store`] runs.
    pub(super) fn add(&self, put: Put) -> bool {
        let mut waiting = self.waiting.lock();
        waiting.puts.push(put);
        !std::mem::replace(&mut waiting.busy, true)
    }

    /// Stores what waits until nothing does. Blocks.
    pub(super) fn store(&self, archive: &Inner) {
        loop {
            let puts = {
                let mut waiting = self.waiting.lock();
                waiting.busy = !waiting.puts.is_empty();
                std::mem::take(&mut waiting.puts)
            };
            if puts.is_empty() {
                return;
            }
            self.store_together(archive, puts);
        }
    }

    fn store_together(&self, archive: &Inner, puts: Vec<Put>) {
        self.used.store(archive.tick(), Ordering::Relaxed);
        let mut slot = self.file.lock();
        if slot.is_none() {
            archive.close_longest_unused(self);
            match OpenFile::create(&archive.root, self.run, archive.options.clock.now()) {
                Ok(file) => *slot = Some(file),
                Err(e) => {
                    let folder = names::folder(&archive.root, self.run);
                    for put in puts {
                        // Who does not wait any more need not know.
                        let _ = put.tell.send(Err(explain("cannot make a file in", &folder, &e)));
                    }
                    return;
                }
            }
        }
        let Some(file) = slot.as_mut() else { return };
        let segments: Vec<&Bytes> = puts.iter().map(|put| &put.bytes).collect();
        let places = file.appender.append(&segments);
        let object = file.object.clone();
        let over = file.appender.is_spoilt() || file.appender.len() >= archive.options.roll;
        for (put, place) in puts.into_iter().zip(places) {
            let stored = place
                .map(|offset| Stored { object: object.clone(), offset })
                .map_err(|e| explain("cannot write", archive.root.join(&object).as_ref(), &e));
            let _ = put.tell.send(stored);
        }
        if over {
            close(slot.take());
        }
    }

    /// Gives the open file its final name, if there is one.
    pub(super) fn close(&self) {
        close(self.file.lock().take());
    }

    /// Lets go of the open file as it is, because its folder is about to be deleted.
    pub(super) fn abandon(&self) {
        drop(self.file.lock().take());
    }

    /// When it was used last, if it has an open file and is not at work.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let open = self.file.try_lock().is_some_and(|file| file.is_some());
        open.then(|| self.used.load(Ordering::Relaxed))
    }

    /// The open object and the length up to which it is whole.
    pub(super) fn open_object(&self) -> Option<(String, u64)> {
        self.file.lock().as_ref().map(|file| (file.object.clone(), file.appender.len()))
    }
}

/// A file that cannot be closed is read all the same, and closed when the archive opens again.
fn close(file: Option<OpenFile>) {
    let Some(file) = file else { return };
    let object = file.object.clone();
    if let Err(error) = file.close() {
        tracing::warn!(object, %error, "a file keeps its .open name for now");
    }
}
