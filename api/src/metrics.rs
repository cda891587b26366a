//! What the API counts.

use shared::metric::Metric;

pub const REQUESTS: Metric =
    Metric::counter("harvestman_api_requests_total", &["status"], "Requests answered, by status");
pub const SECONDS: Metric = Metric::seconds(
    "harvestman_api_request_seconds",
    &[],
    "How long requests took until the head of the answer",
);

/// All metrics of the API.
pub const METRICS: &[Metric] = &[REQUESTS, SECONDS];

/// Statuses that this API answers with.
const STATUSES: [(u16, &str); 20] = [
    (200, "200"),
    (201, "201"),
    (202, "202"),
    (204, "204"),
    (304, "304"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (409, "409"),
    (412, "412"),
    (413, "413"),
    (415, "415"),
    (421, "421"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
    (501, "501"),
    (503, "503"),
];

/// A status as a label; another one counts as the first of its class.
pub fn status(code: u16) -> &'static str {
    let known = |code| STATUSES.iter().find(|(known, _)| *known == code).map(|(_, label)| *label);
    known(code).or_else(|| known(code / 100 * 100)).unwrap_or("300")
}
