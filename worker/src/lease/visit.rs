//! One visit to one leased URL.

use super::Lease;
use super::ask::Asked;
use super::redirect::target;
use crate::fetch::{self, Answer};
use shared::crash;
use shared::manifest::Visit;
use shared::messages::Task;
use shared::outcome::{Outcome, Reason};
use shared::robots::{RobotsAnswer, Rules};
use std::time::Duration;
use url::Url;

/// What follows from an answer.
enum Step {
    End(Outcome),
    Follow(Url),
}

impl Lease<'_> {
    /// Visits a URL, and follows its redirects where that is decided here. The visit is in the
    /// segment when this returns.
    ///
    /// # Errors
    /// The URL's id, if the lease was over before the visit began.
    pub(super) async fn visit(&self, task: Task, rules: Option<&Rules>) -> Result<(), shared::ids::UrlId> {
        let url = Url::parse(&task.url).ok().filter(|url| url.origin() == self.origin);
        let Some(mut url) = url else {
            self.close(task, Reason::BadUrl);
            return Ok(());
        };
        if !is_allowed(rules, &url) {
            self.close(task, Reason::RobotsDenied);
            return Ok(());
        }
        let mut way: Vec<Url> = Vec::new();
        let mut last: Option<Asked> = None;
        let mut first = None;
        loop {
            let Some(mut asked) = self.ask(url, self.policy.max_body).await else {
                // The lease is over in the middle of a chain. It begins again another time.
                let Some((last, first)) = last.zip(first) else { return Err(task.url_id) };
                let outcome = failed(Reason::Timeout, true);
                self.end(task, Some(first), Some(&last), !way.is_empty(), outcome, None);
                return Ok(());
            };
            if let Some(exchange) = last.as_ref().and_then(Asked::exchange) {
                self.member.exchange(&exchange);
            }
            let first = *first.get_or_insert((asked.at, asked.began));
            match self.step(&task, &asked, rules, &way) {
                Step::End(outcome) => {
                    let outcome = self.rendered(&task, &mut asked, rules, outcome).await;
                    self.end(task, Some(first), Some(&asked), !way.is_empty(), outcome, None);
                    return Ok(());
                }
                Step::Follow(to) => {
                    url = to;
                    way.push(asked.url.clone());
                    last = Some(asked);
                }
            }
        }
    }

    fn step(&self, task: &Task, asked: &Asked, rules: Option<&Rules>, way: &[Url]) -> Step {
        let answer = match &asked.answer {
            Ok(answer) => answer,
            Err(failure) => return Step::End(failure.outcome()),
        };
        crash::on_text("worker.in_page", &answer.body);
        let cookies_changed = self.jar.take(&answer.headers, &asked.url);
        if fetch::is_redirect(answer.status) {
            return self.redirected(task, asked, answer, cookies_changed, rules, way);
        }
        Step::End(if answer.status.is_success() {
            match answer.end {
                fetch::End::Whole => Outcome::Fetched { truncated: false },
                fetch::End::Cut => Outcome::Fetched { truncated: true },
                fetch::End::Broken(reason) => failed(reason, true),
            }
        } else {
            let wait = fetch::retry_after(&answer.headers, asked.at);
            Outcome::Failed {
                reason: Reason::Http(answer.status.as_u16()),
                retry: fetch::is_retryable(answer.status),
                retry_after_ms: wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            }
        })
    }

    /// A redirect goes back to the frontier, which knows whether its target was fetched already.
    /// It is followed here only where going back could not end the same: the answer set a cookie,
    /// without which the target redirects back, or somebody waits for the page.
    fn redirected(
        &self,
        task: &Task,
        asked: &Asked,
        answer: &Answer,
        cookies_changed: bool,
        rules: Option<&Rules>,
        way: &[Url],
    ) -> Step {
        let Some(to) = target(&answer.headers, &asked.url) else {
            return Step::End(failed(Reason::BadRedirect, false));
        };
        let was_here = to == asked.url || way.contains(&to);
        if was_here && !cookies_changed {
            return Step::End(failed(Reason::TooManyRedirects, false));
        }
        let here = to.origin() == self.origin && (cookies_changed || self.urgent);
        if !here {
            return Step::End(Outcome::Redirected { to: to.into() });
        }
        if usize::from(task.hops) + way.len() >= usize::from(self.policy.max_redirects) {
            return Step::End(failed(Reason::TooManyRedirects, false));
        }
        if !is_allowed(rules, &to) {
            return Step::End(failed(Reason::RobotsDenied, false));
        }
        Step::Follow(to)
    }

    /// Ends a visit that needed no request.
    pub(super) fn close(&self, task: Task, reason: Reason) {
        self.end(task, None, None, false, failed(reason, false), None);
    }

    /// Puts a visit into the segment, with its last exchange.
    pub(super) fn end(
        &self,
        task: Task,
        first: Option<(shared::clock::Timestamp, tokio::time::Instant)>,
        last: Option<&Asked>,
        elsewhere: bool,
        outcome: Outcome,
        robots: Option<RobotsAnswer>,
    ) {
        let took = first.map_or(Duration::ZERO, |(_, began)| began.elapsed());
        let answer = last.and_then(|asked| asked.answer.as_ref().ok());
        tracing::debug!(url = %task.url, status = answer.map(|a| a.status.as_u16()), ?outcome, "visit");
        let visit = Visit {
            lease: self.id,
            host: self.host,
            task,
            at: first.map_or_else(|| self.context.deps.clock.now(), |(at, _)| at),
            took_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
            status: answer.map(|answer| answer.status.as_u16()),
            final_url: last.filter(|_| elsewhere).map(|asked| asked.url.to_string()),
            record: None,
            digest: None,
            outcome,
            robots,
        };
        self.member.add(last.and_then(Asked::exchange).as_ref(), visit);
    }
}

fn failed(reason: Reason, retry: bool) -> Outcome {
    Outcome::Failed { reason, retry, retry_after_ms: None }
}

fn is_allowed(rules: Option<&Rules>, url: &Url) -> bool {
    rules.is_none_or(|rules| rules.allowed(url))
}
