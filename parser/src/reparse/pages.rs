//! Stored pages: fetched from the archive many at a time, and read like visits.

use crate::plan::Plan;
use crate::visit::Place;
use bytes::Bytes;
use shared::ids::{HostId, LeaseId, SegmentId};
use shared::manifest::{RecordSpan, Visit};
use shared::messages::{SegmentRef, Task};
use shared::outcome::{Kind, Outcome};
use shared::ports::store::control::ReparsedPage;
use shared::ports::store::{Ending, PageRow};

/// Bytes of the archive read at a time, unless a single page is larger.
const STRETCH: u64 = 16 << 20;

/// Pages whose records lie near each other in one object, and the bytes from the first to the last.
pub struct Rows {
    pub object: String,
    pub offset: u64,
    pub len: u64,
    pub pages: Vec<PageRow>,
}

/// A stretch of an object.
pub struct Stored {
    pub rows: Rows,
    pub bytes: Bytes,
}

impl Stored {
    /// Reads its pages by a plan.
    pub fn parse(self, plan: &Plan) -> Vec<ReparsedPage> {
        let Rows { object, offset, len, pages } = self.rows;
        // A place to count from; no segment of its own.
        let at = SegmentRef { segment: SegmentId::new(), object, offset, len };
        pages.iter().filter_map(|row| read(plan, &at, row, &self.bytes)).collect()
    }
}

/// Puts together what one read can bring. Pages of one commit stand beside each other in `seq` as they
/// do in their object, so most parts need one or two reads.
pub fn together(rows: Vec<PageRow>) -> Vec<Rows> {
    let mut all: Vec<Rows> = Vec::new();
    for row in rows {
        if row.kind != Kind::Page || row.outcome != "fetched" {
            continue;
        }
        let (Some(object), Some(offset), Some(len)) = (row.object.clone(), row.offset, row.len) else {
            continue;
        };
        let end = offset.saturating_add(len);
        if let Some(last) = all.last_mut().filter(|last| last.object == object) {
            let from = last.offset.min(offset);
            let to = (last.offset + last.len).max(end);
            if to - from <= STRETCH {
                (last.offset, last.len) = (from, to - from);
                last.pages.push(row);
                continue;
            }
        }
        all.push(Rows { object, offset, len, pages: vec![row] });
    }
    all
}

/// Reads one page by a plan; None: its bytes are not what was stored.
fn read(plan: &Plan, at: &SegmentRef, row: &PageRow, bytes: &[u8]) -> Option<ReparsedPage> {
    let offset = row.offset?.checked_sub(at.offset)?;
    let visit = Visit {
        lease: LeaseId(0),
        host: HostId(0),
        task: Task {
            url_id: row.url_id,
            url: row.url.clone(),
            kind: row.kind,
            depth: row.depth,
            hops: 0,
            tries: 0,
            asked_url: row.asked_url.clone(),
        },
        at: row.fetched_at,
        took_ms: 0,
        status: row.status,
        final_url: None,
        record: Some(RecordSpan { offset, len: row.len? }),
        digest: row.digest.clone(),
        outcome: Outcome::Fetched { truncated: false },
        robots: None,
    };
    let place = Place { plan, at, bytes, random: 0.0 };
    match place.visit(&visit).endings.pop()?.ending {
        Ending::Closed(page) => {
            Some(ReparsedPage { seq: row.seq, parsed: page.parsed?, records: page.records })
        }
        Ending::Retry { .. } => None,
    }
}
