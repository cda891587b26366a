//! What a worker and a parser make of a lease.

use shared::clock::Timestamp;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{Incarnation, RunId, SegmentId};
use shared::messages::{Grant, LeaseReport, SegmentRef};
use shared::ports::store::{ClosedPage, Ending, NewRecord, PageEnd, ParsedPage, ParsedSegment, ParsedVisit};

/// Page `n` of a host.
pub fn page(run: RunId, origin: &str, n: u64) -> Admission {
    testkit::suites::store::page(run, origin, &n.to_string())
}

/// A segment with all pages of a lease, each with a record. `links` says where the page with a number leads to.
pub fn parsed(
    grant: &Grant,
    rules: AdmitRules,
    mut links: impl FnMut(u64) -> Vec<Admission>,
) -> ParsedSegment {
    let segment = SegmentId::new();
    let at = SegmentRef { segment, object: format!("runs/{}/{segment}", grant.run), offset: 0, len: 9 };
    let visits = grant.tasks.iter().map(|task| {
        let n: u64 = task.url.rsplit('/').next().and_then(|n| n.parse().ok()).expect("a numbered page");
        let closed = ClosedPage {
            kind: task.kind,
            url: task.url.clone(),
            asked_url: None,
            status: Some(200),
            end: PageEnd::Fetched,
            depth: task.depth,
            record: Some((12, 34)),
            bytes: 1,
            digest: None,
            fetched_at: Timestamp(1),
            parsed: Some(ParsedPage { meta: "{}".into(), ..ParsedPage::default() }),
            records: vec![NewRecord { data: "{}".into(), rejected: None }],
            links: links(n),
            refused: vec![],
        };
        let ending = Ending::Closed(Box::new(closed));
        ParsedVisit { lease: grant.lease, url_id: task.url_id, unasked: None, ending }
    });
    ParsedSegment { run: grant.run, at, rules, visits: visits.collect() }
}

/// The report of a lease whose pages are all in one segment.
pub fn report(grant: &Grant, worker: &Incarnation, at: SegmentRef) -> LeaseReport {
    LeaseReport {
        lease: grant.lease,
        host: grant.host,
        run: grant.run,
        worker: worker.clone(),
        segments: vec![at],
        not_begun: vec![],
        next_in_ms: 0,
        delay_ms: 0,
        failures: 0,
        down: false,
        robots: None,
        jar: None,
    }
}
