//! One fetched page: its text, its links, its metadata, its records.

use crate::charset;
use crate::content;
use crate::extract::{self, Budget, Facts};
use crate::headers::joined;
use crate::html;
use crate::jsonld;
use crate::links::{self, Judge, Links};
use crate::meta;
use crate::microdata;
use crate::mime::{self, Form};
use crate::plan::Plan;
use crate::tree;
use crate::walk::{Found, Link, walk};
use encoding_rs::Encoding;
use scraper::Html;
use serde_json::Value;
use shared::frontier::{From, canonical};
use shared::ports::store::{NewRecord, ParsedPage};
use std::time::{Duration, Instant};
use url::Url;

/// Bytes of a title.
const LONGEST_TITLE: usize = 1024;
/// Bytes of one block of JSON-LD.
const LONGEST_BLOCK: usize = 1 << 20;
/// Time for the selectors of one page.
const SELECTING: Duration = Duration::from_secs(10);

/// A page to be read.
pub struct Source<'a> {
    /// The run.
    pub plan: &'a Plan,
    /// The URL as admitted.
    pub asked: &'a str,
    /// Where it was found.
    pub url: &'a Url,
    /// Its place in the run.
    pub from: From<'a>,
    /// Its status.
    pub status: Option<u16>,
    /// Its headers.
    pub headers: &'a http::HeaderMap,
    /// Its body, inflated.
    pub body: &'a [u8],
}

/// What was read.
pub struct Read {
    /// Title, metadata, what went wrong.
    pub parsed: ParsedPage,
    /// Its records.
    pub records: Vec<NewRecord>,
    /// Its links.
    pub links: Links,
}

/// Reads a page. Only HTML has links; records of anything else hold what the page's headers say.
pub fn read(source: &Source<'_>) -> Read {
    let content_type = joined(source.headers, "content-type");
    if mime::form(content_type.as_deref(), source.body) != Form::Html {
        return other(source, content_type.as_deref());
    }
    let text = charset::decode(source.body, content_type.as_deref(), source.url.host_str());
    let document = html::parse(&text.text, html::Bounds::default());
    let found = walk(&document.html);
    let base = links::base(source.url, &found.bases);
    let robots = joined(source.headers, "x-robots-tag");
    let canonical = source.other_canonical(&found, &base, text.encoding);
    let links = source.links(&found, canonical, robots.as_deref(), &base, text.encoding);
    let title =
        found.title.map(|node| tree::folded_text(node, LONGEST_TITLE)).filter(|title| !title.is_empty());
    let items = items(&found);
    let mut kept = source.plan.content.as_ref().map(|rules| {
        let (text, html) = (Some(&*text.text), Some(&document.html));
        let content_type = content_type.as_deref();
        content::content(rules, &content::Page { text, html, base: &base, found: &found, content_type })
    });
    let records = match canonical {
        Some(_) => extract::Records::default(),
        None => {
            let markdown = kept.as_ref().and_then(|kept| kept.markdown.as_deref());
            let known =
                Known { found: &found, jsonld: &items, title: title.as_deref(), base: &base, markdown };
            source.records(Some(&document.html), known)
        }
    };
    let microdata = microdata::items(&found, &base);
    let meta = meta::object(&found, &items, &microdata, robots.as_deref());
    let error = document.cut.or(records.cut).map(str::to_owned);
    let content = kept.take().map(|kept| kept.object).filter(|_| source.plan.stores_content());
    Read { parsed: ParsedPage { title, meta, error, content }, records: records.records, links }
}

/// Reads what is not HTML: it has no links.
fn other(source: &Source<'_>, content_type: Option<&str>) -> Read {
    let found = Found::default();
    let kept = source.plan.content.as_ref().map(|rules| {
        let text = content::is_text(content_type)
            .then(|| charset::decode(source.body, content_type, source.url.host_str()).text);
        let text = text.as_deref();
        content::content(
            rules,
            &content::Page { text, html: None, base: source.url, found: &found, content_type },
        )
    });
    let markdown = kept.as_ref().and_then(|kept| kept.markdown.as_deref());
    let known = Known { found: &found, jsonld: &[], title: None, base: source.url, markdown };
    let records = source.records(None, known).records;
    let content = kept.map(|kept| kept.object).filter(|_| source.plan.stores_content());
    let parsed = ParsedPage { meta: "{}".to_owned(), content, ..ParsedPage::default() };
    Read { parsed, records, links: Links::default() }
}

/// The content of a page that is no success: for people who want to see what a server says.
pub fn refused(source: &Source<'_>) -> Option<ParsedPage> {
    let _kept = source.plan.content.as_ref()?;
    let Read { parsed, .. } = read(source);
    Some(parsed)
}

/// What was read of a page before its records.
struct Known<'a> {
    found: &'a Found<'a>,
    jsonld: &'a [Value],
    title: Option<&'a str>,
    base: &'a Url,
    markdown: Option<&'a str>,
}

pub(crate) fn items(found: &Found<'_>) -> Vec<Value> {
    let mut items = Vec::new();
    let mut text = String::new();
    for script in &found.jsonld {
        text.clear();
        tree::raw_text(*script, LONGEST_BLOCK, &mut text);
        items.extend(jsonld::items(&text));
    }
    items
}

impl Source<'_> {
    fn links(
        &self,
        found: &Found<'_>,
        canonical: Option<&str>,
        robots: Option<&str>,
        base: &Url,
        encoding: &'static Encoding,
    ) -> Links {
        let job = &*self.plan.job;
        let nofollow =
            job.scope.nofollow && meta::forbids_to_follow(found, robots, job.politeness.product_token());
        let judge = Judge {
            job,
            wanted: &self.plan.wanted,
            cache: &self.plan.cache,
            from: self.from,
            base,
            encoding,
            nofollow,
        };
        match canonical {
            None => judge.links(&found.links),
            Some(href) => {
                let mut all = Vec::with_capacity(found.links.len() + 1);
                all.push(Link { href, nofollow: false });
                all.extend_from_slice(&found.links);
                judge.links(&all)
            }
        }
    }

    /// The page's canonical link, if the job heeds it and it names another page.
    fn other_canonical<'f>(
        &self,
        found: &Found<'f>,
        base: &Url,
        encoding: &'static Encoding,
    ) -> Option<&'f str> {
        let href = found.canonical.filter(|_| self.plan.job.scope.canonical)?;
        let target = links::join(base, href, encoding).or_else(|| canonical::join(self.url, href))?;
        (self.plan.wanted.canonical().url(target).as_str() != self.asked).then_some(href)
    }

    fn records(&self, html: Option<&Html>, known: Known<'_>) -> extract::Records {
        let Some(rules) = &self.plan.rules else { return extract::Records::default() };
        let Known { found, jsonld, title, base, markdown } = known;
        let facts = Facts {
            url: self.asked,
            final_url: self.url.as_str(),
            base,
            title,
            status: self.status,
            headers: self.headers,
            found,
            jsonld,
            markdown,
        };
        extract::records(rules, &facts, html, &Budget::until(Instant::now() + SELECTING))
    }
}

#[cfg(test)]
mod tests;
