use super::RequestKey;
use crate::clock::Timestamp;
use crate::ids::{ExportId, RunId};
use crate::job::Format;
use crate::ports::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Files of a run's records in the archive: asked for, written by one process at a time, and there when they are whole.
///
/// # Contract
/// - What is in a file is settled when it is asked for: the version, and the pages that were closed until then. So it has
///   the same records whoever writes it, however often that is begun anew.
/// - `take_export` lends the oldest one that waits, or whose writer was not heard of for its lease. Each lending has a
///   number; with an older one `renew_export` and `end_export` change nothing and say false.
/// - A ready one is never lent again. One that was deleted is not there for anybody.
#[async_trait]
pub trait Exports: Send + Sync + 'static {
    /// Asks for a file.
    async fn create_export(&self, new: NewExport) -> Result<ExportInfo, StoreError>;

    /// A file of a run.
    async fn export(&self, run: RunId, export: ExportId) -> Result<ExportInfo, StoreError>;

    /// A run's files, newest first, older than one.
    async fn exports(
        &self,
        run: RunId,
        before: Option<ExportId>,
        limit: u32,
    ) -> Result<Vec<ExportInfo>, StoreError>;

    /// Forgets a file; returns what it was.
    async fn delete_export(&self, run: RunId, export: ExportId) -> Result<ExportInfo, StoreError>;

    /// Lends one that is to be written, for `lease`; None: nothing is to be done.
    async fn take_export(&self, lease: Duration) -> Result<Option<TakenExport>, StoreError>;

    /// Says how far the writer is, and lends it on.
    async fn renew_export(
        &self,
        taken: &TakenExport,
        written: Written,
        lease: Duration,
    ) -> Result<bool, StoreError>;

    /// Says what came of it.
    async fn end_export(&self, taken: &TakenExport, end: ExportEnd) -> Result<bool, StoreError>;
}

/// Which records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportFilter {
    /// Of this version of the run's parsing; None: of the one that is current.
    pub version: Option<u32>,
    /// Those that were found where the URL begins with this.
    pub url_prefix: Option<String>,
}

/// A file to be.
#[derive(Clone, Debug)]
pub struct NewExport {
    /// Of this run.
    pub run: RunId,
    /// Its format.
    pub format: Format,
    /// Which records.
    pub filter: ExportFilter,
    /// The request that asks for it.
    pub once: Option<RequestKey>,
}

/// A file, and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportInfo {
    /// Its number.
    pub id: ExportId,
    /// The run.
    pub run: RunId,
    /// Its format.
    pub format: Format,
    /// Which records; the version is settled.
    pub filter: ExportFilter,
    /// Those of pages up to this place, it included: the last page that was closed when it was asked for.
    pub until: u64,
    /// How it stands.
    pub state: ExportState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was ready, or failed.
    pub ended_at: Option<Timestamp>,
    /// How often it was begun.
    pub tries: u32,
    /// What is written: in all, or so far.
    pub written: Written,
    /// Why the last try failed.
    pub reason: Option<String>,
    /// The archive's object, if it is ready.
    pub object: Option<String>,
}

/// How a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// Nobody writes it yet.
    Queued,
    /// Somebody does.
    Writing,
    /// It is there.
    Ready,
    /// It will not be.
    Failed,
}

/// How much is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Records.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A file that is lent to whoever writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenExport {
    /// The file; `tries` is the number of this lending.
    pub info: ExportInfo,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportEnd {
    /// It is there, under this name.
    Ready {
        /// The archive's object.
        object: String,
        /// How much it is.
        written: Written,
    },
    /// Not now; worth another try after this pause.
    Again {
        /// Why.
        reason: String,
        /// How long nobody tries.
        pause: Duration,
    },
    /// It cannot be.
    Failed {
        /// Why.
        reason: String,
    },
}
