//! What the API counts.

use shared::metric::Metric;

const REQUESTS: Metric =
    Metric::counter("harvestman_api_requests_total", &["status"], "Requests answered, by status");
const SECONDS: Metric = Metric::seconds(
    "harvestman_api_request_seconds",
    &[],
    "How long requests took until the head of the answer",
);

/// All metrics of the API.
pub const METRICS: &[Metric] = &[REQUESTS, SECONDS];
