use super::StoreError;
use crate::clock::Timestamp;
use crate::ids::{RunId, UrlId};
use crate::outcome::Kind;
use async_trait::async_trait;
use serde::Serialize;

/// Reading what a run has. For outputs, the API and people.
///
/// # Contract
/// Rows come in order of `seq` (records: `seq`, `ord`), which is the order of commits: what a reader has
/// passed never gets a row before it. Reads are short, and see whole transactions.
#[async_trait]
pub trait Reads: Send + Sync + 'static {
    /// Records of a run after a place, at most `limit`.
    async fn records(&self, selection: RecordSelection) -> Result<Vec<RecordRow>, StoreError>;

    /// Pages of a run after a place, at most `limit`.
    async fn pages(&self, selection: PageSelection) -> Result<Vec<PageRow>, StoreError>;

    /// The content of those of these pages that have one, a JSON object each, in order of `seq`. It may
    /// be large: ask for some ten at a time.
    async fn contents(&self, run: RunId, seqs: &[u64]) -> Result<Vec<(u64, String)>, StoreError>;
}

/// Which records.
#[derive(Clone, Debug)]
pub struct RecordSelection {
    /// Of this run.
    pub run: RunId,
    /// After this `(seq, ord)`.
    pub after: Option<(u64, u32)>,
    /// Valid ones (true) or rejected ones (false).
    pub valid: bool,
    /// Of this version of the run's parsing; None: of the one that is current.
    pub version: Option<u32>,
    /// At most so many.
    pub limit: u32,
}

impl RecordSelection {
    /// The first 100 valid records of a run's current version.
    pub fn of(run: RunId) -> Self {
        RecordSelection { run, after: None, valid: true, version: None, limit: 100 }
    }
}

/// A record and its page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordRow {
    /// The page's place.
    pub seq: u64,
    /// The record's place on the page.
    pub ord: u32,
    /// The fields, a JSON object.
    pub data: String,
    /// Why it was rejected.
    pub rejected: Option<String>,
    /// The URL that was asked.
    pub url: String,
    /// Where it was found.
    pub final_url: String,
    /// The HTTP status.
    pub status: Option<u16>,
    /// When.
    pub fetched_at: Timestamp,
}

/// Pages with all of these properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFilter {
    /// `fetched`, `redirected`, `failed` or `cut`; another word names none.
    pub outcome: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Why, by its name.
    pub reason: Option<String>,
    /// What the URL begins with.
    pub url_prefix: Option<String>,
}

/// Which pages.
#[derive(Clone, Debug)]
pub struct PageSelection {
    /// Of this run.
    pub run: RunId,
    /// After this `seq`.
    pub after: Option<u64>,
    /// With these properties.
    pub filter: PageFilter,
    /// With what this version of the run's parsing read; None: the one that is current.
    pub version: Option<u32>,
    /// At most so many.
    pub limit: u32,
}

impl PageSelection {
    /// The first 100 pages of a run, with what its current version read.
    pub fn of(run: RunId) -> Self {
        PageSelection { run, after: None, filter: PageFilter::default(), version: None, limit: 100 }
    }
}

/// A closed URL.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageRow {
    /// Its place.
    pub seq: u64,
    /// Its id.
    pub url_id: UrlId,
    /// What it was.
    pub kind: Kind,
    /// The canonical URL.
    pub url: String,
    /// The URL that was asked first, where redirects led here.
    pub asked_url: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// `fetched`, `redirected`, `failed` or `cut`.
    pub outcome: String,
    /// Why, or where to.
    pub reason: Option<String>,
    /// Links away from a seed.
    pub depth: u16,
    /// The archive's object.
    pub object: Option<String>,
    /// The response record's offset in the object.
    pub offset: Option<u64>,
    /// Its length.
    pub len: Option<u64>,
    /// The body's digest.
    pub digest: Option<String>,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// Its title.
    pub title: Option<String>,
    /// Its metadata, a JSON object.
    pub meta: Option<String>,
}
