//! How much a tenant may ask: a bucket that fills by the minute.

use crate::auth::Caller;
use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use parking_lot::Mutex;
use shared::clock::Timestamp;
use shared::ids::TenantId;
use std::collections::HashMap;

/// The buckets of this process. With several processes, each has its own.
#[derive(Default)]
pub struct Limiter {
    buckets: Mutex<HashMap<TenantId, Bucket>>,
}

struct Bucket {
    /// Requests that may be made now.
    left: f64,
    at: Timestamp,
}

/// What is told about a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    limit: u32,
    left: u32,
    /// Seconds until there is one more.
    next: u64,
}

impl Limiter {
    /// Takes one request out; None: nothing is limited.
    ///
    /// # Errors
    /// 429, where none is left.
    pub fn take(&self, caller: &Caller, now: Timestamp) -> Result<Option<Standing>, Problem> {
        let Some(limit) = caller.quotas.requests_per_minute else { return Ok(None) };
        let rate = f64::from(limit) / 60_000.0;
        let mut buckets = self.buckets.lock();
        let bucket = buckets.entry(caller.tenant).or_insert(Bucket { left: f64::from(limit), at: now });
        let grown = now.since(bucket.at).as_millis() as f64 * rate;
        bucket.left = (bucket.left + grown).min(f64::from(limit));
        bucket.at = now;
        let missing = (1.0 - bucket.left).max(0.0);
        let next = if missing > 0.0 { (missing / rate / 1000.0).ceil() as u64 } else { 0 };
        if missing > 0.0 {
            let detail = format!("more than {limit} requests a minute");
            let standing = Standing { limit, left: 0, next };
            let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail);
            for (name, value) in standing.headers() {
                problem = problem.header(name, value);
            }
            return Err(problem.header(header::RETRY_AFTER, next.max(1).to_string()));
        }
        bucket.left -= 1.0;
        Ok(Some(Standing { limit, left: bucket.left as u32, next: 60 }))
    }
}

impl Standing {
    fn headers(self) -> [(HeaderName, String); 4] {
        let name = HeaderName::from_static;
        [
            (name("ratelimit-policy"), format!("\"tenant\";q={};w=60", self.limit)),
            (name("ratelimit"), format!("\"tenant\";r={};t={}", self.left, self.next)),
            (name("x-ratelimit-limit"), self.limit.to_string()),
            (name("x-ratelimit-remaining"), self.left.to_string()),
        ]
    }

    /// Tells it in an answer.
    pub fn tell(self, headers: &mut HeaderMap) {
        for (name, value) in self.headers() {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ports::store::control::{Quotas, Scope};
    use std::time::Duration;

    #[test]
    fn what_is_used_up_comes_back_by_the_minute() {
        let quotas = Quotas { requests_per_minute: Some(6), ..Quotas::default() };
        let caller = Caller { tenant: TenantId(3), scope: Scope::Read, key: None, quotas };
        let limiter = Limiter::default();
        let now = Timestamp(1_000_000);
        for left in (0..6).rev() {
            assert_eq!(limiter.take(&caller, now).unwrap().unwrap().left, left);
        }
        assert_eq!(limiter.take(&caller, now).unwrap_err().status(), StatusCode::TOO_MANY_REQUESTS);
        let later = now.plus(Duration::from_secs(10));
        assert!(limiter.take(&caller, later).is_ok());
        assert!(limiter.take(&caller, later).is_err());
    }
}
