//! A page that was fetched, run in the browser; and what it asks for, fetched as all else is: judged on the way out,
//! under the job's deadlines and caps, from the page's own site.

use super::Lease;
use super::ask::{Asked, answered};
use crate::fetch::{self, Answer};
use crate::metrics::{RENDER, RENDERED};
use crate::pace::Answered;
use async_trait::async_trait;
use browser::{Page, RenderError, Rendered, Source};
use http::header::{
    ACCEPT_ENCODING, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName,
    USER_AGENT,
};
use shared::body;
use shared::frontier::origin::site;
use shared::job::Engine;
use shared::messages::Task;
use shared::outcome::{Kind, Outcome, Reason};
use shared::robots::Rules;
use std::borrow::Cow;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Headers of a page's request that are the browser's, and not the page's: ours stand in their place.
const OURS: [HeaderName; 3] = [USER_AGENT, ACCEPT_ENCODING, COOKIE];

impl Lease<'_> {
    /// What becomes of a visit whose page is to be run in the browser; other visits end as they have. The document is
    /// then part of the exchange.
    pub(super) async fn rendered(
        &self,
        task: &Task,
        asked: &mut Asked,
        rules: Option<&Rules>,
        outcome: Outcome,
    ) -> Outcome {
        let is_wanted = self.policy.request.engine == Engine::Browser && task.kind == Kind::Page;
        let Ok(answer) = &asked.answer else { return outcome };
        if !is_wanted || outcome != (Outcome::Fetched { truncated: false }) || !is_page(&answer.headers) {
            return outcome;
        }
        let began = Instant::now();
        let rendered = self.render(&asked.url, answer, asked.began, rules).await;
        RENDER.took(&[], began.elapsed());
        // The host had its scripts and calls to answer until now.
        self.pace.ended_aside(Instant::now(), Answered::Well);
        let (end, outcome) = match rendered {
            Ok(Rendered::Document(document)) => {
                asked.rendered = Some(document);
                ("document", outcome)
            }
            Ok(Rendered::Moved(to)) => ("moved", Outcome::Redirected { to: to.into() }),
            Err(error) => {
                tracing::debug!(url = %asked.url, %error, "a page was not rendered");
                ("failed", failed(&error))
            }
        };
        RENDERED.add(&[end], 1);
        outcome
    }

    async fn render(
        &self,
        url: &Url,
        answer: &Answer,
        began: Instant,
        rules: Option<&Rules>,
    ) -> Result<Rendered, RenderError> {
        let Some(browser) = &self.context.deps.browser else {
            return Err(RenderError::Refused("this worker has no browser".into()));
        };
        let Some(body) = decoded(answer, self.policy.max_inflated) else { return Err(RenderError::TooLarge) };
        let agent = self.policy.politeness.user_agent_header();
        let deadline = began + self.policy.request.timeouts.total.0;
        let page = Page {
            url,
            status: answer.status,
            headers: &answer.headers,
            body: &body,
            user_agent: &agent,
            wait: self.policy.request.browser.wait.0,
            deadline,
            most: usize::try_from(self.policy.max_inflated).unwrap_or(usize::MAX),
        };
        browser.render(&page, &Site { lease: self, page: url, rules, deadline }).await
    }
}

/// Where the requests of one page go.
struct Site<'a> {
    lease: &'a Lease<'a>,
    page: &'a Url,
    rules: Option<&'a Rules>,
    deadline: Instant,
}

impl Site<'_> {
    /// Whether a page may have this: of its own site, or of a host that the job names; and of its own host what
    /// robots.txt allows.
    fn allows(&self, url: &Url) -> bool {
        let named = &self.lease.policy.request.browser.hosts;
        let is_near = site(url).is_some() && site(url) == site(self.page);
        let is_named =
            url.host_str().is_some_and(|host| named.iter().any(|named| named.eq_ignore_ascii_case(host)));
        let is_own = url.origin() == self.lease.origin;
        (is_near || is_named) && (!is_own || self.rules.is_none_or(|rules| rules.allowed(url)))
    }

    fn headers(&self, url: &Url, theirs: HeaderMap) -> HeaderMap {
        let Lease { origin, headers, jar, .. } = self.lease;
        let mut all = if url.origin() == *origin { headers.own(jar.header(url)) } else { headers.plain() };
        for (name, value) in &theirs {
            if !OURS.contains(name) && name.as_str() != "host" {
                all.insert(name, value.clone());
            }
        }
        all
    }
}

#[async_trait]
impl Source for Site<'_> {
    async fn answer(&self, asked: browser::Asked) -> Option<browser::Answer> {
        let browser::Asked { url, headers, body: sent, method } = asked;
        if !self.allows(&url) {
            return None;
        }
        let sent = sent.or_else(|| (method == http::Method::POST).then(Default::default));
        let headers = self.headers(&url, headers);
        let asking = self.lease.fetcher.send(&url, headers, sent, self.lease.policy.max_body);
        let answer = timeout_at(self.deadline, asking).await.ok()?.ok()?;
        if url.origin() == self.lease.origin {
            self.lease.jar.take(&answer.headers, &url);
            let how = answered(&answer, self.lease.context.deps.clock.now());
            self.lease.pace.ended_aside(answer.headers_at, how);
        }
        if answer.end != fetch::End::Whole {
            return None;
        }
        let body = decoded(&answer, self.lease.policy.max_inflated)?.into_owned();
        Some(browser::Answer { status: answer.status, headers: answer.headers, body })
    }
}

/// A body without its codings; None: it is hostile, or too large.
fn decoded(answer: &Answer, most: u64) -> Option<Cow<'_, [u8]>> {
    let coding: Vec<&str> =
        answer.headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
    let decoded = body::decode(Some(&coding.join(",")), &answer.body, body::Bounds::of(most)).ok()?;
    (!decoded.truncated).then_some(decoded.bytes)
}

/// Whether an answer is a page that a browser shows, by its own word.
fn is_page(headers: &HeaderMap) -> bool {
    let is_attached = headers
        .get(CONTENT_DISPOSITION)
        .is_some_and(|how| how.as_bytes().trim_ascii_start().to_ascii_lowercase().starts_with(b"attachment"));
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    let is_html = ["text/html", "application/xhtml+xml"].iter().any(|html| media.eq_ignore_ascii_case(html));
    is_html && !is_attached
}

fn failed(error: &RenderError) -> Outcome {
    let (reason, retry) = match error {
        RenderError::Timeout => (Reason::Timeout, true),
        RenderError::TooLarge => (Reason::TooLarge, false),
        RenderError::Died | RenderError::Refused(_) | RenderError::Browser(_) => (Reason::Browser, true),
    };
    Outcome::Failed { reason, retry, retry_after_ms: None }
}
