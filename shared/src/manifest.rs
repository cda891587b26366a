//! What a segment says of itself: every visit in it, the failures too. It is the segment's last
//! WARC record (type `metadata`, JSON), so that the object alone is enough to apply it.

use crate::clock::Timestamp;
use crate::ids::{HostId, Incarnation, LeaseId, RunId, SegmentId};
use crate::messages::Task;
use crate::outcome::Outcome;
use crate::robots::RobotsAnswer;
use serde::{Deserialize, Serialize};

/// The visits of one segment, in the order in which they ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this record; 1.
    pub version: u32,
    /// The run that all visits belong to.
    pub run: RunId,
    /// The segment.
    pub segment: SegmentId,
    /// Who wrote it.
    pub worker: Incarnation,
    /// The visits.
    pub visits: Vec<Visit>,
}

/// One visit to one leased URL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The lease under which it was made.
    pub lease: LeaseId,
    /// The host asked.
    pub host: HostId,
    /// The URL, as leased.
    pub task: Task,
    /// When the request began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The last answer's HTTP status.
    pub status: Option<u16>,
    /// Where the answer was found, if redirects were followed within the lease.
    pub final_url: Option<String>,
    /// The response record within the segment.
    pub record: Option<RecordSpan>,
    /// The response body's digest as in the WARC record: `sha1:` and base 32.
    pub digest: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// For robots.txt: the answer, fetched or known before.
    pub robots: Option<RobotsAnswer>,
}

/// A WARC record within a segment: one gzip member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSpan {
    /// Bytes from the segment's beginning.
    pub offset: u64,
    /// Bytes of the member.
    pub len: u64,
}
