//! What of a job goes out to a worker.

use crate::job::{Job, Request};
use crate::messages::FetchPolicy;

impl FetchPolicy {
    /// The policy for one host (by its origin). Headers, cookies and passwords of the job go only
    /// to the origins of its seeds and sitemaps; `Accept`, `Accept-Language`, `Referer` and
    /// `User-Agent` are no secrets and go everywhere.
    pub fn of(job: &Job, origin: &str) -> Self {
        let seeds = job.seeds.urls.iter().chain(&job.seeds.sitemaps);
        let trusted = seeds
            .filter_map(|text| crate::frontier::canonical::seed(text).ok())
            .any(|seed| crate::frontier::origin::origin(&seed) == origin);
        let mut request = job.request.clone();
        if !trusted {
            request = Request { timeouts: request.timeouts, headers: request.headers, ..Request::default() };
            request.headers.retain(|name, _| is_harmless(name));
        }
        FetchPolicy {
            politeness: job.politeness.clone(),
            request,
            max_body: job.limits.body.0,
            max_inflated: job.limits.inflated_body.0,
            max_redirects: job.limits.redirects,
        }
    }
}

fn is_harmless(header: &str) -> bool {
    ["accept", "accept-language", "referer", "user-agent"]
        .iter()
        .any(|name| header.eq_ignore_ascii_case(name))
}
