//! What of a job goes out to a worker.

use crate::frontier::{canonical, origin};
use crate::job::{Job, Request};
use crate::messages::FetchPolicy;

impl FetchPolicy {
    /// The policy for one host (by its origin). Headers, cookies and passwords of the job go only
    /// to the origins of its seeds and sitemaps; `Accept`, `Accept-Language`, `Referer` and
    /// `User-Agent` are no secrets and go everywhere.
    pub fn of(job: &Job, origin: &str) -> Self {
        let mut request = job.request.clone();
        // The seeds may be many, so they are looked through only where it matters.
        if has_secrets(&request) && !is_of_seeds(job, origin) {
            request.cookies.clear();
            request.basic_auth = None;
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

fn is_of_seeds(job: &Job, of: &str) -> bool {
    let mut seeds = job.seeds.urls.iter().chain(&job.seeds.sitemaps);
    seeds.any(|text| canonical::seed(text).is_ok_and(|seed| origin::origin(&seed) == of))
}

fn has_secrets(request: &Request) -> bool {
    let harmless = request.headers.keys().all(|name| is_harmless(name));
    !harmless || !request.cookies.is_empty() || request.basic_auth.is_some()
}

fn is_harmless(header: &str) -> bool {
    ["accept", "accept-language", "referer", "user-agent"]
        .iter()
        .any(|name| header.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_to_the_hosts_of_the_seeds_only() {
        let mut job = Job::of_seeds(["https://a.example/x"]);
        job.request.cookies.insert("session".into(), "1".into());
        job.request.headers.insert("X-Key".into(), "k".into());
        job.request.headers.insert("Accept-Language".into(), "en".into());
        assert_eq!(FetchPolicy::of(&job, "https://a.example").request, job.request);
        for other in ["https://b.example", "http://a.example", "https://a.example:8443"] {
            let request = FetchPolicy::of(&job, other).request;
            assert!(request.cookies.is_empty(), "{other}");
            assert_eq!(request.headers.keys().collect::<Vec<_>>(), ["Accept-Language"], "{other}");
        }
    }
}
