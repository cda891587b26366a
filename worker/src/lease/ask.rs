//! One request to the lease's host, at its pace.

use super::Lease;
use crate::fetch::{Answer, Failure, retry_after, with_host};
use crate::pace::Answered;
use http::{HeaderMap, StatusCode};
use shared::clock::Timestamp;
use shared::crash;
use shared::outcome::Reason;
use shared::warc::Exchange;
use tokio::time::Instant;
use url::Url;

/// A request, and what came of it.
pub(super) struct Asked {
    pub url: Url,
    pub at: Timestamp,
    pub began: Instant,
    sent: HeaderMap,
    pub answer: Result<Answer, Failure>,
    /// The document that a browser made of the answer.
    pub rendered: Option<String>,
}

impl Asked {
    /// As it is archived; None without an answer.
    pub fn exchange(&self) -> Option<Exchange<'_>> {
        let answer = self.answer.as_ref().ok()?;
        Some(Exchange {
            url: self.url.as_str(),
            at: self.at,
            peer: answer.peer,
            method: "GET",
            request_headers: &self.sent,
            version: answer.version,
            status: answer.status,
            response_headers: &answer.headers,
            body: &answer.body,
            truncated: answer.end.truncated(),
            rendered: self.rendered.as_deref(),
        })
    }
}

impl Lease<'_> {
    /// Sends a request when its turn has come; None if it never will in this lease. What the job
    /// means for its own host goes to no other one.
    pub(super) async fn ask(&self, url: Url, max_body: u64) -> Option<Asked> {
        let is_own = url.origin() == self.origin;
        let clock = &self.context.deps.clock;
        if self.fetcher.refuses(&url) {
            let answer = Err(Failure { reason: Reason::AddressRefused });
            return Some(Asked {
                url,
                at: clock.now(),
                began: Instant::now(),
                sent: HeaderMap::new(),
                answer,
                rendered: None,
            });
        }
        self.member.room().await;
        if !self.pace.turn().await {
            return None;
        }
        let (at, began) = (clock.now(), Instant::now());
        let headers = if is_own { self.headers.own(self.jar.header(&url)) } else { self.headers.plain() };
        let sent = with_host(headers.clone(), &url);
        crash::point("worker.before_request");
        let answer = self.fetcher.get(&url, headers, max_body).await;
        crash::point("worker.after_request");
        match &answer {
            Ok(answer) => self.pace.ended(answer.headers_at, answer.took, answered(answer, at)),
            Err(failure) => {
                let how = match failure {
                    failure if failure.is_of_host() => Answered::Not,
                    Failure { reason: Reason::AddressRefused } => Answered::Unasked,
                    _ => Answered::Well,
                };
                self.pace.ended(Instant::now(), began.elapsed(), how);
            }
        }
        Some(Asked { url, at, began, sent, answer, rendered: None })
    }
}

/// What an answer says of its host.
pub(super) fn answered(answer: &Answer, now: Timestamp) -> Answered {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Answered::Busy(retry_after(&answer.headers, now))
        }
        _ => Answered::Well,
    }
}
