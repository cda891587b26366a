//! What a worker counts: for a segment or a lease at a time, never for a page.

use shared::manifest::Visit;
use shared::metric::Metric;
use shared::outcome::Outcome;
use std::time::Duration;

pub(crate) const ACTIVE: Metric =
    Metric::gauge("harvestman_worker_leases_active", &[], "Leases that run here now");
pub(crate) const LEASES: Metric = Metric::counter(
    "harvestman_worker_leases_total",
    &["end"],
    "Offers taken, by what came of them: held to its end, gone to another, unsent, lost or broken",
);
const VISITS: Metric = Metric::counter(
    "harvestman_worker_visits_total",
    &["outcome", "status"],
    "URLs visited, by outcome and by the class of the last answer's status",
);
const FAILURES: Metric = Metric::counter(
    "harvestman_worker_failures_total",
    &["reason", "retry"],
    "Visits that failed, by reason, and whether another try is worth it",
);
const FETCH: Metric = Metric::seconds(
    "harvestman_worker_fetch_seconds",
    &[],
    "How long visits took, from the request to the body's end",
);
pub(crate) const RENDERED: Metric = Metric::counter(
    "harvestman_worker_rendered_total",
    &["end"],
    "Pages run in the browser, by what came of them: a document, another page that it went on to, or a failure",
);
pub(crate) const RENDER: Metric =
    Metric::seconds("harvestman_worker_render_seconds", &[], "How long pages ran in the browser");
const SEGMENTS: Metric =
    Metric::counter("harvestman_worker_segments_total", &[], "Segments stored and announced");
const SEGMENT_BYTES: Metric =
    Metric::counter("harvestman_worker_segment_bytes_total", &[], "Bytes of the segments stored");

/// All metrics of a worker.
pub const METRICS: &[Metric] =
    &[ACTIVE, LEASES, VISITS, FAILURES, FETCH, RENDERED, RENDER, SEGMENTS, SEGMENT_BYTES];

/// What a segment holds, counted once for all its visits.
pub(crate) struct Tally {
    visits: Vec<([&'static str; 2], u64)>,
    failures: Vec<([&'static str; 2], u64)>,
    times: Vec<Duration>,
}

fn one_more(of: &mut Vec<([&'static str; 2], u64)>, labels: [&'static str; 2]) {
    match of.iter_mut().find(|(known, _)| *known == labels) {
        Some((_, count)) => *count += 1,
        None => of.push((labels, 1)),
    }
}

impl Tally {
    pub(crate) fn of(visits: &[Visit]) -> Self {
        let mut tally = Tally { visits: Vec::new(), failures: Vec::new(), times: Vec::new() };
        for visit in visits {
            let outcome = match &visit.outcome {
                Outcome::Fetched { .. } => "fetched",
                Outcome::Redirected { .. } => "redirected",
                Outcome::Failed { reason, retry, .. } => {
                    let retry = if *retry { "true" } else { "false" };
                    one_more(&mut tally.failures, [reason.label(), retry]);
                    "failed"
                }
            };
            one_more(&mut tally.visits, [outcome, class(visit.status)]);
            if visit.status.is_some() {
                tally.times.push(Duration::from_millis(visit.took_ms.into()));
            }
        }
        tally
    }

    /// Counts them, when their segment is stored.
    pub(crate) fn stored(self, bytes: u64) {
        SEGMENTS.add(&[], 1);
        SEGMENT_BYTES.add(&[], bytes);
        for (labels, count) in self.visits {
            VISITS.add(&labels, count);
        }
        for (labels, count) in self.failures {
            FAILURES.add(&labels, count);
        }
        FETCH.took_all(&[], &self.times);
    }
}

fn class(status: Option<u16>) -> &'static str {
    match status.map(|status| status / 100) {
        Some(1) => "1xx",
        Some(2) => "2xx",
        Some(3) => "3xx",
        Some(4) => "4xx",
        Some(5) => "5xx",
        Some(_) => "other",
        None => "none",
    }
}
