//! What a dispatcher counts.

use shared::metric::Metric;

pub(crate) const OFFERED: Metric =
    Metric::counter("harvestman_dispatcher_leases_offered_total", &[], "Leases made and offered");
pub(crate) const CLAIMS: Metric = Metric::counter(
    "harvestman_dispatcher_claims_total",
    &["answer"],
    "Claims of workers, by the answer: granted, or gone",
);
pub(crate) const REPORTS: Metric = Metric::counter(
    "harvestman_dispatcher_reports_total",
    &["fresh"],
    "Reports of leases; one that is not fresh came again or too late, and changed nothing",
);
pub(crate) const LAPSED: Metric =
    Metric::counter("harvestman_dispatcher_offers_lapsed_total", &[], "Offers that no worker took in time");
pub(crate) const EXPIRED: Metric = Metric::counter(
    "harvestman_dispatcher_leases_expired_total",
    &[],
    "Leases that were not reported in time: their workers died, hung or were cut off",
);
pub(crate) const RETRIES: Metric =
    Metric::counter("harvestman_dispatcher_retries_due_total", &[], "URLs that became due for another try");
pub(crate) const CUT: Metric = Metric::counter(
    "harvestman_dispatcher_urls_cut_total",
    &[],
    "URLs closed without a visit, by a limit or with their host",
);
pub(crate) const ANNOUNCED: Metric = Metric::counter(
    "harvestman_dispatcher_segments_announced_again_total",
    &[],
    "Segments that were not applied in time and announced again",
);
pub(crate) const DEPTH: Metric =
    Metric::gauge("harvestman_queue_depth", &["lane"], "Messages that wait in a lane");
pub(crate) const RUNS: Metric = Metric::gauge(
    "harvestman_runs_active",
    &["state"],
    "Unfinished runs, by state; counted up to 1,000, the newest first",
);
pub(crate) const BACKLOG: Metric = Metric::gauge(
    "harvestman_backlog_urls",
    &[],
    "Open URLs of the unfinished runs: admitted and not closed",
);
pub(crate) const OLDEST: Metric =
    Metric::gauge("harvestman_oldest_run_seconds", &[], "Age of the oldest unfinished run");

/// All metrics of a dispatcher.
pub const METRICS: &[Metric] =
    &[OFFERED, CLAIMS, REPORTS, LAPSED, EXPIRED, RETRIES, CUT, ANNOUNCED, DEPTH, RUNS, BACKLOG, OLDEST];
