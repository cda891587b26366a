//! One visit of a segment's manifest: what becomes of its URL.

use crate::headers::joined;
use crate::links::Refused;
use crate::page::{self, Read, Source};
use crate::plan::Plan;
use crate::sitemap;
use shared::body;
use shared::crash;
use shared::frontier::{From, canonical};
use shared::manifest::Visit;
use shared::messages::SegmentRef;
use shared::outcome::{Kind, Outcome, Reason};
use shared::pacing;
use shared::ports::store::{ClosedPage, Ending, PageEnd, ParsedPage, ParsedVisit};
use shared::warc::{self, Response};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

/// What one visit gives: one or two endings, and the links to remember if the last one closes.
pub struct Visited {
    /// In order.
    pub endings: Vec<ParsedVisit>,
    /// Hashes of links that the last of them decides.
    pub decided: Vec<u64>,
}

/// The place of a visit.
pub struct Place<'a> {
    /// The run.
    pub plan: &'a Plan,
    /// The segment.
    pub at: &'a SegmentRef,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// From 0 to 1, for the jitter of retries.
    pub random: f64,
}

impl Place<'_> {
    /// Works out what becomes of a visit's URL. A panic over a page closes that page.
    pub fn visit(&self, visit: &Visit) -> Visited {
        crash::point("parser.in_page");
        catch_unwind(AssertUnwindSafe(|| self.outcome(visit))).unwrap_or_else(|_| {
            tracing::error!(url = %visit.task.url, "the parser panicked over a page; it is closed as failed");
            self.poisoned(visit)
        })
    }

    /// Ends a visit's URL as one that cannot be parsed, without a look at it.
    pub fn poisoned(&self, visit: &Visit) -> Visited {
        one(visit, closed(self.page(visit, PageEnd::Failed(Reason::PoisonParse))))
    }

    fn outcome(&self, visit: &Visit) -> Visited {
        match &visit.outcome {
            Outcome::Failed { reason, retry, retry_after_ms } => {
                if *retry && let Some(again) = self.again(visit, *reason, *retry_after_ms) {
                    return one(visit, again);
                }
                let mut page = self.page(visit, failed(*reason));
                if let Some(response) = self.response(visit) {
                    page.bytes = response.body.len() as u64;
                    page.parsed = self.refused(visit, &response);
                }
                self.robots_sitemaps(visit, &mut page);
                one(visit, closed(page))
            }
            Outcome::Redirected { to } => self.redirected(visit, to),
            Outcome::Fetched { truncated } => match self.response(visit) {
                Some(response) => self.fetched(visit, &response, *truncated),
                // The host's robots.txt was known, from another run or lease.
                None if visit.task.kind == Kind::Robots && visit.record.is_none() => {
                    let mut page = self.page(visit, PageEnd::Fetched);
                    self.robots_sitemaps(visit, &mut page);
                    one(visit, closed(page))
                }
                // The archive gave other bytes than it was given: they are fetched again.
                None => one(
                    visit,
                    self.again(visit, Reason::Corrupt, None)
                        .unwrap_or_else(|| closed(self.page(visit, PageEnd::Failed(Reason::Corrupt)))),
                ),
            },
        }
    }

    /// Another try later, unless this was the last one.
    fn again(&self, visit: &Visit, reason: Reason, retry_after_ms: Option<u64>) -> Option<Ending> {
        (visit.task.tries.saturating_add(1) < self.plan.job.limits.tries).then(|| {
            let due_in = pacing::retry_after(visit.task.tries, retry_after_ms, self.random);
            Ending::Retry { reason, due_in }
        })
    }

    fn response(&self, visit: &Visit) -> Option<Response> {
        let read = warc::response(self.bytes, visit.record?);
        read.inspect_err(
            |error| tracing::warn!(url = %visit.task.url, %error, "an archived page cannot be read"),
        )
        .ok()
    }

    fn redirected(&self, visit: &Visit, to: &str) -> Visited {
        let mut page = self.page(visit, PageEnd::Failed(Reason::BadRedirect));
        page.bytes = self.response(visit).map_or(0, |response| response.body.len() as u64);
        if let (Ok(url), Ok(target)) = (Url::parse(&visit.task.url), Url::parse(to)) {
            page.end = PageEnd::Redirected(self.plan.wanted.canonical().url(target.clone()).into());
            match self.plan.wanted.redirect(from(visit, &url), target, visit.task.kind) {
                Ok(admission) => page.links.push(admission),
                Err(reason) => page.refused.push((reason, 1)),
            }
        }
        self.robots_sitemaps(visit, &mut page);
        one(visit, closed(page))
    }

    fn fetched(&self, visit: &Visit, response: &Response, truncated: bool) -> Visited {
        let Ok(asked) = Url::parse(&visit.task.url) else {
            return one(visit, closed(self.page(visit, PageEnd::Failed(Reason::BadUrl))));
        };
        let final_url = visit.final_url.as_deref().and_then(|url| Url::parse(url).ok());
        let moved = final_url.as_ref().filter(|_| visit.task.kind != Kind::Robots).and_then(|url| {
            let spelt = self.plan.wanted.canonical().url(url.clone());
            (spelt.as_str() != visit.task.url).then_some((url, spelt))
        });
        let mut page = self.page(visit, PageEnd::Fetched);
        let Some((target, spelt)) = moved else {
            let decided =
                self.read(visit, final_url.as_ref().unwrap_or(&asked), response, truncated, &mut page);
            return Visited { endings: vec![ending(visit, closed(page))], decided };
        };
        // Followed within the lease: the URL asked is a redirect, and the last one is the page.
        page.end = PageEnd::Redirected(spelt.into());
        page.record = None;
        page.digest = None;
        match self.plan.wanted.redirect(from(visit, &asked), target.clone(), visit.task.kind) {
            Err(reason) => {
                page.refused.push((reason, 1));
                one(visit, closed(page))
            }
            Ok(admission) => {
                let mut last = self.page(visit, PageEnd::Fetched);
                last.url.clone_from(&admission.url);
                last.asked_url.clone_from(&admission.asked_url);
                let decided = self.read(visit, target, response, truncated, &mut last);
                let last = ParsedVisit {
                    lease: visit.lease,
                    url_id: admission.url_id,
                    unasked: Some(admission),
                    ending: closed(last),
                };
                Visited { endings: vec![ending(visit, closed(page)), last], decided }
            }
        }
    }

    /// Reads a page that was fetched into `page`; returns the links that it decides.
    fn read(
        &self,
        visit: &Visit,
        url: &Url,
        response: &Response,
        truncated: bool,
        page: &mut ClosedPage,
    ) -> Vec<u64> {
        page.bytes = response.body.len() as u64;
        if visit.task.kind == Kind::Robots {
            self.robots_sitemaps(visit, page);
            return Vec::new();
        }
        let most = match visit.task.kind {
            Kind::Sitemap => sitemap::MOST_BYTES,
            _ => self.plan.job.limits.inflated_body.0,
        };
        let coding = joined(&response.headers, "content-encoding");
        let decoded = match body::decode(coding.as_deref(), &response.body, body::Bounds::of(most)) {
            Ok(decoded) => decoded,
            Err(error) => {
                page.end = PageEnd::Failed(Reason::Bomb);
                page.parsed = Some(ParsedPage {
                    error: Some(error.to_string()),
                    meta: "{}".into(),
                    ..ParsedPage::default()
                });
                return Vec::new();
            }
        };
        crash::on_text("parser.in_page", &decoded.bytes);
        let note = if decoded.broken {
            Some("the body's coding is broken")
        } else {
            (truncated || decoded.truncated).then_some("the body is truncated")
        };
        if visit.task.kind == Kind::Sitemap {
            self.read_sitemap(visit, url, response, &decoded.bytes, note, page);
            return Vec::new();
        }
        let source = Source {
            plan: self.plan,
            asked: &page.url.clone(),
            url,
            from: from(visit, url),
            status: visit.status.or(Some(response.status)),
            headers: &response.headers,
            body: &decoded.bytes,
        };
        let Read { mut parsed, records, links } = page::read(&source);
        parsed.error = parsed.error.or(note.map(str::to_owned));
        page.parsed = Some(parsed);
        page.records = records;
        page.links = links.admitted;
        page.refused = links.refused.0;
        links.decided
    }

    /// What a server said with a page that is no success, where the job keeps content.
    fn refused(&self, visit: &Visit, response: &Response) -> Option<ParsedPage> {
        if visit.task.kind != Kind::Page || !self.plan.stores_content() {
            return None;
        }
        let url = Url::parse(visit.final_url.as_deref().unwrap_or(&visit.task.url)).ok()?;
        let coding = joined(&response.headers, "content-encoding");
        let most = self.plan.job.limits.inflated_body.0;
        let decoded = body::decode(coding.as_deref(), &response.body, body::Bounds::of(most)).ok()?;
        page::refused(&Source {
            plan: self.plan,
            asked: &visit.task.url,
            url: &url,
            from: from(visit, &url),
            status: visit.status.or(Some(response.status)),
            headers: &response.headers,
            body: &decoded.bytes,
        })
    }

    fn read_sitemap(
        &self,
        visit: &Visit,
        url: &Url,
        response: &Response,
        bytes: &[u8],
        note: Option<&str>,
        page: &mut ClosedPage,
    ) {
        let plain = unpacked(bytes);
        let content_type = joined(&response.headers, "content-type");
        let text = crate::charset::decode(&plain, content_type.as_deref(), url.host_str());
        let mut refused = Refused::default();
        for entry in sitemap::entries(&text.text) {
            let nested = visit.task.hops.saturating_add(1);
            let admission = match canonical::join(url, &entry.href) {
                None => Err(Reason::BadUrl),
                Some(_) if entry.kind == Kind::Sitemap && nested > sitemap::DEEPEST => Err(Reason::TooDeep),
                Some(target) => self.plan.wanted.sitemap_entry(from(visit, url), target, entry.kind),
            };
            match admission {
                Ok(mut admission) => {
                    if entry.kind == Kind::Sitemap {
                        // What an index leads to counts as hops, so that indexes do not lead on for ever.
                        admission.hops = nested;
                    }
                    page.links.push(admission);
                }
                Err(reason) => refused.add(reason, 1),
            }
        }
        page.refused = refused.0;
        let error = note.map(str::to_owned);
        page.parsed = Some(ParsedPage { meta: "{}".to_owned(), error, ..ParsedPage::default() });
    }

    /// The sitemaps that a robots.txt names.
    fn robots_sitemaps(&self, visit: &Visit, page: &mut ClosedPage) {
        let (Some(robots), true) = (&visit.robots, self.plan.job.scope.sitemaps) else { return };
        let Ok(url) = Url::parse(&visit.task.url) else { return };
        if visit.task.kind != Kind::Robots {
            return;
        }
        let mut refused = Refused::default();
        for sitemap in shared::robots::sitemaps(&robots.text, &url) {
            match self.plan.wanted.sitemap_entry(from(visit, &url), sitemap, Kind::Sitemap) {
                Ok(admission) => page.links.push(admission),
                Err(reason) => refused.add(reason, 1),
            }
        }
        page.refused.extend(refused.0);
    }

    fn page(&self, visit: &Visit, end: PageEnd) -> ClosedPage {
        let task = &visit.task;
        ClosedPage {
            kind: task.kind,
            url: task.url.clone(),
            asked_url: task.asked_url.clone(),
            status: visit.status,
            end,
            depth: task.depth,
            record: visit.record.map(|span| (self.at.offset.saturating_add(span.offset), span.len)),
            bytes: 0,
            digest: visit.digest.clone(),
            fetched_at: visit.at,
            parsed: None,
            records: Vec::new(),
            links: Vec::new(),
            refused: Vec::new(),
        }
    }
}

/// A sitemap that is a gzip file itself, whatever the headers say of it.
pub fn unpacked(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Cow::Borrowed(bytes);
    }
    body::decode(Some("gzip"), bytes, body::Bounds::of(sitemap::MOST_BYTES))
        .map_or(Cow::Borrowed(b""), |d| d.bytes)
}

fn from<'a>(visit: &'a Visit, url: &'a Url) -> From<'a> {
    let task = &visit.task;
    From { url, depth: task.depth, hops: task.hops, asked_url: task.asked_url.as_deref() }
}

/// Without a request there is nothing that failed.
fn failed(reason: Reason) -> PageEnd {
    match reason {
        Reason::RobotsDenied | Reason::RobotsUnreachable | Reason::AddressRefused => PageEnd::Cut(reason),
        reason => PageEnd::Failed(reason),
    }
}

fn closed(page: ClosedPage) -> Ending {
    Ending::Closed(Box::new(page))
}

fn ending(visit: &Visit, ending: Ending) -> ParsedVisit {
    ParsedVisit { lease: visit.lease, url_id: visit.task.url_id, unasked: None, ending }
}

fn one(visit: &Visit, what: Ending) -> Visited {
    Visited { endings: vec![ending(visit, what)], decided: Vec::new() }
}

#[cfg(test)]
mod tests;
