use super::super::{NewRecord, ParsedPage, StoreError};
use super::RequestKey;
use crate::clock::Timestamp;
use crate::ids::RunId;
use crate::job::Extract;
use crate::messages::ReparsePart;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Parsing the stored pages of a run again, by other rules. Nothing is fetched and nothing admitted.
///
/// # Contract
/// What the crawl itself read is the run's version 0. Each re-parse is a further version, numbered from 1,
/// beside the others: `parsed` and `records` of every version stay readable until the run is deleted or the
/// version dropped. A run has one *current* version, which is what reads give that name none.
/// - `begin_reparse` answers a key that has begun one before with that one, and refuses a run that is not over ([`StoreError::Conflict`]). It cuts the run's pages, in the
///   order of `seq`, into parts of at most [`PART_PAGES`]; each is a row, open until it is applied.
/// - `open_parts` names parts to be announced (again), and notes when that was. At most `limit` are
///   announced and not applied at any time, so that a re-parse does not push a crawl aside.
/// - `apply_part` is one transaction: if the part is open, it closes it and writes its pages, records and
///   differences; else it changes nothing and returns false. With the last part the version is done, and
///   current at once, unless it is a dry run.
/// - `adopt` makes a version that is done current (0 goes back to the crawl's own). `drop_reparse` forgets
///   one that is not current, its rows in steps.
#[async_trait]
pub trait Reparse: Send + Sync + 'static {
    /// Begins a version; its number.
    async fn begin_reparse(&self, new: NewReparse) -> Result<u32, StoreError>;

    /// One version.
    async fn reparse(&self, run: RunId, version: u32) -> Result<ReparseInfo, StoreError>;

    /// All versions of a run but 0, newest first.
    async fn reparses(&self, run: RunId) -> Result<Vec<ReparseInfo>, StoreError>;

    /// Parts that nobody has been told of, or were announced longer ago than this and are still open.
    async fn open_parts(&self, announce_after: Duration, limit: u32) -> Result<Vec<ReparsePart>, StoreError>;

    /// Applies a part that was parsed; false: it was applied before, or its version is gone.
    async fn apply_part(&self, part: ParsedPart) -> Result<bool, StoreError>;

    /// Makes a version current that is done.
    async fn adopt(&self, run: RunId, version: u32) -> Result<(), StoreError>;

    /// Forgets a version that is not current.
    async fn drop_reparse(&self, run: RunId, version: u32) -> Result<(), StoreError>;
}

/// Pages in a part.
pub const PART_PAGES: u32 = 200;

/// A re-parse to be.
#[derive(Clone, Debug)]
pub struct NewReparse {
    /// The run; it must be over.
    pub run: RunId,
    /// The rules, in the place of the job's own.
    pub extract: Arc<Extract>,
    /// Never made current by itself.
    pub dry_run: bool,
    /// The request that it is begun in.
    pub once: Option<RequestKey>,
}

/// A version, where it stands, and how it differs from the one that it is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReparseInfo {
    /// The run.
    pub run: RunId,
    /// Its number, from 1.
    pub version: u32,
    /// Where it stands.
    pub state: ReparseState,
    /// It is what reads give that name no version.
    pub current: bool,
    /// It does not become current by itself.
    pub dry_run: bool,
    /// The version that was current when it was begun, with which it is compared.
    pub base: u32,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When its last part was applied.
    pub ended_at: Option<Timestamp>,
    /// Parts in all.
    pub parts: u64,
    /// Parts applied.
    pub applied: u64,
    /// Pages read again.
    pub pages: u64,
    /// Valid records.
    pub records: u64,
    /// Records kept apart.
    pub rejected: u64,
    /// The differences to `base`, field by field, in order of their names.
    pub differences: Vec<FieldDifference>,
    /// The rules.
    pub extract: Arc<Extract>,
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReparseState {
    /// Parts are open.
    Running,
    /// All parts are applied.
    Done,
}

/// How one field differs between two versions, counted over records of the same page and place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDifference {
    /// The field.
    pub field: String,
    /// The same value in both.
    pub same: u64,
    /// Another value.
    pub changed: u64,
    /// A value where there was none.
    pub added: u64,
    /// No value where there was one.
    pub removed: u64,
}

/// A part, parsed.
#[derive(Clone, Debug)]
pub struct ParsedPart {
    /// Which.
    pub part: ReparsePart,
    /// Its pages, in order of `seq`.
    pub pages: Vec<ReparsedPage>,
    /// How its records differ from the base's; one entry a field.
    pub differences: Vec<FieldDifference>,
}

/// A page, read again.
#[derive(Clone, Debug)]
pub struct ReparsedPage {
    /// Its place in the run.
    pub seq: u64,
    /// What was read.
    pub parsed: ParsedPage,
    /// Its records, in order.
    pub records: Vec<NewRecord>,
}
