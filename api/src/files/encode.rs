//! Records become bytes.

use bytes::Bytes;
use export::{Shape, Sink};
use parking_lot::Mutex;
use shared::ids::RunId;
use shared::job::{Format, Job};
use shared::ports::store::control::ExportFilter;
use shared::ports::store::{RecordSelection, Store};
use shared::ports::{ArchiveError, StoreError};
use std::io::{self, Write};
use std::sync::Arc;

/// Records read at a time. Each read is short, so that others are not held up.
const BATCH: u32 = 1_000;

/// A file cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The store does not give the records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive does not take the bytes.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The records cannot be written in this format.
    #[error("the records cannot be encoded: {0}")]
    Encode(#[from] io::Error),
}

/// How the names of such files end.
pub fn ending(format: Format) -> &'static str {
    match format {
        Format::Jsonl => "jsonl",
        Format::Csv => "csv",
        Format::Parquet => "parquet",
    }
}

/// What they are.
pub fn media_type(format: Format) -> &'static str {
    match format {
        Format::Jsonl => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8; header=present",
        Format::Parquet => "application/vnd.apache.parquet",
    }
}

/// What a sink has written and nobody has taken yet.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is being made.
pub struct File {
    store: Arc<dyn Store>,
    selection: RecordSelection,
    until: Option<u64>,
    url_prefix: Option<String>,
    /// None: it has ended.
    sink: Option<Box<dyn Sink>>,
    buffer: Shared,
    /// Records so far.
    pub rows: u64,
}

impl File {
    /// Begins a file of a run's valid records: those of `filter`, of pages up to the place `until`, it included.
    ///
    /// # Errors
    /// If its head cannot be written.
    pub fn begin(
        store: Arc<dyn Store>,
        run: RunId,
        job: &Job,
        format: Format,
        filter: ExportFilter,
        until: Option<u64>,
    ) -> io::Result<Self> {
        let buffer = Shared::default();
        let sink = export::sink(format, Box::new(buffer.clone()), &Shape::of(run, job.extract.as_ref()))?;
        let ExportFilter { version, url_prefix } = filter;
        let selection = RecordSelection { limit: BATCH, version, ..RecordSelection::of(run) };
        Ok(File { store, selection, until, url_prefix, sink: Some(sink), buffer, rows: 0 })
    }

    /// What one more batch of records is as bytes, which may be none; None: the file is whole.
    ///
    /// # Errors
    /// [`FileError`]; then it is not gone on with.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FileError> {
        let Some(mut sink) = self.sink.take() else { return Ok(None) };
        let mut rows = self.store.records(self.selection.clone()).await?;
        let read = rows.len();
        self.selection.after = rows.last().map(|row| (row.seq, row.ord)).or(self.selection.after);
        if let Some(until) = self.until {
            rows.retain(|row| row.seq <= until);
        }
        let is_last = read < BATCH as usize || rows.len() < read;
        if let Some(prefix) = &self.url_prefix {
            rows.retain(|row| row.url.starts_with(prefix.as_str()));
        }
        self.rows += rows.len() as u64;
        // Encoding a batch takes milliseconds; others are served meanwhile.
        let encode = move || -> io::Result<_> {
            sink.write(&rows)?;
            if is_last {
                sink.finish()?;
                return Ok(None);
            }
            sink.flush()?;
            Ok(Some(sink))
        };
        self.sink = tokio::task::spawn_blocking(encode).await.map_err(io::Error::other)??;
        Ok(Some(std::mem::take(&mut *self.buffer.0.lock()).into()))
    }
}
