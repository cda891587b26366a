//! The host's robots.txt (RFC 9309): known from before, or the lease's first request.

use super::Lease;
use super::ask::Asked;
use super::redirect::target;
use crate::fetch;
use http::header::CONTENT_ENCODING;
use shared::body;
use shared::clock::Timestamp;
use shared::job::RobotsMode;
use shared::messages::Task;
use shared::outcome::{Kind, Outcome, Reason};
use shared::robots::{self, Access, RobotsAnswer, Rules};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of a robots.txt that are read.
const MAX_BYTES: u64 = robots::MAX_TEXT as u64;
/// Redirects of a robots.txt that are followed (RFC 9309 2.3.1.2 asks for at least five).
const MAX_REDIRECTS: usize = 5;

/// Whether the lease's URLs may be visited.
pub(super) enum Entry {
    /// By these rules, or by none.
    Open { rules: Option<Rules>, fetched: Option<RobotsAnswer> },
    /// robots.txt cannot be had: not for this long. `why`: there was no answer to the request for it.
    Shut { pause: Duration, fetched: Option<RobotsAnswer>, why: Option<Reason> },
    /// The host's address may not be called.
    Refused,
    /// The lease was over before that was known.
    Over,
}

/// A robots.txt that was fetched, and the exchange that brought it.
struct Fetched {
    answer: RobotsAnswer,
    first: (Timestamp, Instant),
    last: Asked,
}

impl Lease<'_> {
    /// Finds out about robots.txt. Its own task, if it is among the tasks, is taken out and ended,
    /// unless the answer is that there is none yet.
    pub(super) async fn enter(&self, tasks: &mut Vec<Task>, known: Option<RobotsAnswer>) -> Entry {
        if self.policy.politeness.robots == RobotsMode::Ignore {
            self.close_own(
                tasks,
                None,
                &known.unwrap_or_else(|| {
                    // It was not asked for: as if there were none.
                    RobotsAnswer::from_response(404, "", self.context.deps.clock.now())
                }),
            );
            return Entry::Open { rules: None, fetched: None };
        }
        if let Some(answer) = known {
            if answer.access == Access::Denied {
                return Entry::Shut { pause: self.still_valid(&answer), fetched: None, why: None };
            }
            self.close_own(tasks, None, &answer);
            return Entry::Open { rules: Some(self.heed(&answer)), fetched: None };
        }
        let fetched = match self.fetch_robots().await {
            Ok(fetched) => fetched,
            Err(entry) => return entry,
        };
        let answer = fetched.answer.clone();
        if answer.access == Access::Denied {
            let pause = self.pace.shut(robots::DENIED_VALID);
            let why = fetched.last.answer.as_ref().err().map(|failure| failure.reason);
            let status = fetched.last.answer.as_ref().ok().map(|answer| answer.status.as_u16());
            tracing::warn!(
                host = self.origin.ascii_serialization(),
                why = why.map(tracing::field::display),
                status,
                "robots.txt cannot be had"
            );
            // It holds as long as the host is left alone, then it is asked for again.
            let valid_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            return Entry::Shut { pause, fetched: Some(RobotsAnswer { valid_ms, ..answer }), why };
        }
        self.close_own(tasks, Some(fetched), &answer);
        Entry::Open { rules: Some(self.heed(&answer)), fetched: Some(answer) }
    }

    fn heed(&self, answer: &RobotsAnswer) -> Rules {
        let rules = Rules::of(answer, self.policy.politeness.product_token());
        self.pace.set_crawl_delay(rules.crawl_delay());
        rules
    }

    /// Ends the task that stands for robots.txt, if there is one.
    fn close_own(&self, tasks: &mut Vec<Task>, fetched: Option<Fetched>, answer: &RobotsAnswer) {
        let own = tasks.iter().position(|task| task.kind == Kind::Robots).map(|at| tasks.remove(at));
        let last = fetched.as_ref().map(|fetched| &fetched.last);
        match own {
            Some(task) => {
                let first = fetched.as_ref().map(|fetched| fetched.first);
                let elsewhere = last.is_some_and(|last| last.url.as_str() != task.url);
                let outcome = Outcome::Fetched { truncated: false };
                self.end(task, first, last, elsewhere, outcome, Some(answer.clone()));
            }
            None => {
                if let Some(exchange) = last.and_then(Asked::exchange) {
                    self.member.exchange(&exchange);
                }
            }
        }
    }

    async fn fetch_robots(&self) -> Result<Fetched, Entry> {
        let Some(mut url) = self.root.as_ref().and_then(|root| root.join("/robots.txt").ok()) else {
            return Err(Entry::Refused);
        };
        let mut first = None;
        for hop in 0.. {
            let Some(last) = self.ask(url, MAX_BYTES).await else { return Err(Entry::Over) };
            if hop == 0 && last.answer.as_ref().is_err_and(|failure| failure.reason == Reason::AddressRefused)
            {
                return Err(Entry::Refused);
            }
            let first = *first.get_or_insert((last.at, last.began));
            let redirect = last.answer.as_ref().ok().filter(|answer| fetch::is_redirect(answer.status));
            match redirect.map(|answer| target(&answer.headers, &last.url)) {
                Some(Some(to)) if hop < MAX_REDIRECTS => {
                    if let Some(exchange) = last.exchange() {
                        self.member.exchange(&exchange);
                    }
                    url = to;
                }
                _ => {
                    let answer = self.read(&last);
                    return Ok(Fetched { answer, first, last });
                }
            }
        }
        Err(Entry::Over)
    }
}

impl Lease<'_> {
    /// What the last answer means. A body that broke, or that cannot be inflated, is no answer.
    fn read(&self, last: &Asked) -> RobotsAnswer {
        let now = self.context.deps.clock.now();
        let Ok(answer) = &last.answer else { return RobotsAnswer::unreachable(now) };
        let status = answer.status.as_u16();
        if !answer.status.is_success() {
            return RobotsAnswer::from_response(status, "", now);
        }
        let coding = answer.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let decoded = body::decode(coding, &answer.body, body::Bounds::of(MAX_BYTES));
        match (answer.end, decoded) {
            (fetch::End::Whole | fetch::End::Cut, Ok(decoded)) => {
                RobotsAnswer::from_response(status, &String::from_utf8_lossy(&decoded.bytes), now)
            }
            _ => RobotsAnswer::unreachable(now),
        }
    }

    fn still_valid(&self, answer: &RobotsAnswer) -> Duration {
        let age = self.context.deps.clock.now().since(answer.fetched_at);
        Duration::from_millis(answer.valid_ms)
            .saturating_sub(age)
            .clamp(Duration::from_secs(1), robots::VALID)
    }
}
