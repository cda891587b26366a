//! The segment that is being filled.

use shared::clock::Timestamp;
use shared::ids::{Incarnation, RunId, SegmentId};
use shared::manifest::{RecordSpan, Visit};
use shared::messages::SegmentRef;
use shared::trace;
use shared::warc::{Exchange, SegmentWriter};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Span;

/// What became of a segment: None until it is stored and announced.
pub(super) type Fate = Option<SegmentRef>;

pub(super) struct Open {
    pub id: SegmentId,
    /// When its first content came.
    pub since: Instant,
    /// Somebody waits for the commit.
    pub due: bool,
    /// Somebody waits for the pages.
    pub urgent: bool,
    pub fate: watch::Sender<Fate>,
    pub visits: Vec<Visit>,
    pub writer: SegmentWriter,
    /// In the trace of the lease that began it.
    pub span: Span,
}

impl Open {
    pub fn new(run: RunId, worker: Incarnation, now: Timestamp) -> Self {
        let id = SegmentId::new();
        Open {
            id,
            since: Instant::now(),
            due: false,
            urgent: false,
            fate: watch::Sender::new(None),
            visits: Vec::new(),
            writer: SegmentWriter::new(run, id, worker, now),
            span: trace::within(|| tracing::info_span!("segment", %run, segment = %id)),
        }
    }

    /// Adds a visit with its last exchange, if there was one.
    pub fn add(&mut self, exchange: Option<&Exchange<'_>>, mut visit: Visit) {
        if let Some((span, digest)) = exchange.map(|exchange| self.exchange(exchange)) {
            visit.record = Some(span);
            visit.digest = Some(digest);
        }
        self.visits.push(visit);
    }

    /// Adds an exchange that is not the last of its visit.
    pub fn exchange(&mut self, exchange: &Exchange<'_>) -> (RecordSpan, String) {
        self.writer.exchange(exchange)
    }
}
