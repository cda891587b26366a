use super::StoreError;
use crate::clock::Timestamp;
use crate::frontier::{Admission, AdmitRules};
use crate::ids::{LeaseId, RunId, SegmentId, UrlId};
use crate::messages::SegmentRef;
use crate::outcome::{Kind, Reason};
use async_trait::async_trait;
use std::time::Duration;

/// What becomes of fetched pages. For the parser.
///
/// # Contract
/// `apply` is one transaction a segment (it may cut it at page boundaries, the unit of exactly-once
/// is the page). For each visit, in order:
/// - *closed*: if the URL is open, whatever lease it is under, its row is deleted, `closed` moves,
///   the page row (its `seq` rising in commit order), its parsed part, its records, its tallies are
///   written and its links are admitted as by [`super::Frontier::admit`]. If the URL is not open,
///   the visit changes nothing at all: the first ending wins.
/// - *unasked* visits (the end of a redirect followed within a lease) are admitted first if new.
/// - *retry*: if the URL is open under that very lease, it becomes due again after `due_in`, with one
///   more try. Else nothing.
///
/// Applying a segment again changes nothing. A visit of a run that is over changes nothing.
/// A run ends in the transaction that closes its last open URL.
#[async_trait]
pub trait Results: Send + Sync + 'static {
    /// Of these ids, those that the run has admitted already. A hint: an id left out may be known.
    async fn known(&self, run: RunId, ids: &[UrlId]) -> Result<Vec<UrlId>, StoreError>;

    /// Whether a segment was applied, to its end.
    async fn is_applied(&self, run: RunId, segment: SegmentId) -> Result<bool, StoreError>;

    /// Applies a parsed segment.
    async fn apply(&self, segment: ParsedSegment) -> Result<Applied, StoreError>;
}

/// A segment, parsed.
#[derive(Clone, Debug)]
pub struct ParsedSegment {
    /// The run.
    pub run: RunId,
    /// The segment.
    pub at: SegmentRef,
    /// The limits under which links are admitted.
    pub rules: AdmitRules,
    /// The visits, in the manifest's order.
    pub visits: Vec<ParsedVisit>,
}

/// A visit, parsed.
#[derive(Clone, Debug)]
pub struct ParsedVisit {
    /// The lease under which it was made.
    pub lease: LeaseId,
    /// The URL.
    pub url_id: UrlId,
    /// Not leased itself: admitted now if it is new.
    pub unasked: Option<Admission>,
    /// What becomes of it.
    pub ending: Ending,
}

/// What becomes of an open URL.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Another try, later.
    Retry {
        /// Why.
        reason: Reason,
        /// When.
        due_in: Duration,
    },
    /// The end.
    Closed(Box<ClosedPage>),
}

/// A page at its end.
#[derive(Clone, Debug)]
pub struct ClosedPage {
    /// What it was.
    pub kind: Kind,
    /// The canonical URL.
    pub url: String,
    /// The URL that was asked first, where redirects led here; for the reader's eyes.
    pub asked_url: Option<String>,
    /// The last answer's status.
    pub status: Option<u16>,
    /// How it ended.
    pub end: PageEnd,
    /// Links away from a seed.
    pub depth: u16,
    /// The response record: absolute offset in the segment's object, and length.
    pub record: Option<(u64, u64)>,
    /// Bytes of the body on the wire.
    pub bytes: u64,
    /// The body's digest.
    pub digest: Option<String>,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// What the parser read, where there was something to read.
    pub parsed: Option<ParsedPage>,
    /// Its records, in order.
    pub records: Vec<NewRecord>,
    /// The links to be admitted.
    pub links: Vec<Admission>,
    /// The links that were not, by reason.
    pub refused: Vec<(Reason, u32)>,
}

/// How a page ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PageEnd {
    /// Fetched with success.
    Fetched,
    /// A redirect to this URL.
    Redirected(String),
    /// Asked, and failed.
    Failed(Reason),
    /// Not asked.
    Cut(Reason),
}

/// What the parser read from a page.
#[derive(Clone, Debug, Default)]
pub struct ParsedPage {
    /// Its title.
    pub title: Option<String>,
    /// Its metadata, a JSON object.
    pub meta: String,
    /// What went wrong in parsing, if something did.
    pub error: Option<String>,
    /// Its content, a JSON object, where the job keeps it.
    pub content: Option<String>,
}

/// A record to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecord {
    /// The fields, a JSON object in the job's order.
    pub data: String,
    /// Why it is kept apart; None: it is valid. Begins with a short stable name, then `: ` and the
    /// field: `missing: price`.
    pub rejected: Option<String>,
}

/// What `apply` did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// For each visit, in order: whether it closed its URL.
    pub closed: Vec<bool>,
    /// URLs admitted.
    pub admitted: u64,
    /// There may be something to lease at a host that had nothing before: somebody should look.
    pub ready: bool,
    /// The run ended with it.
    pub done: bool,
}
