//! Whether a run wants a URL: the verdict, and the admission if it does.
//!
//! A page's links go through [`Wanted::page`], which knows what all links of one page share;
//! [`Wanted::link`] is the same for a single one.

mod files;
mod page;
mod patterns;
mod reach;

pub use files::SKIPPED_ENDINGS;
pub use page::Page;

use super::canonical::{self, SeedError};
use super::{Admission, AdmitRules, Canonical, origin, traps};
use crate::ids::{HostId, RunId, UrlId};
use crate::job::{Job, Limits, RobotsMode};
use crate::outcome::{Kind, Reason};
use patterns::Patterns;
use reach::Reach;
use url::Url;

/// A job's scope, limits and priorities, compiled for one run.
pub struct Wanted {
    run: RunId,
    canonical: Canonical,
    reach: Reach,
    patterns: Patterns,
    skip_files: bool,
    limits: Limits,
    robots: RobotsMode,
}

/// Where a link was found.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// The page that holds it (its final URL).
    pub url: &'a Url,
    /// The page's depth; a link's is one more, a redirect's the same.
    pub depth: u16,
    /// Redirects in a row that led to the page.
    pub hops: u16,
    /// The URL that was asked first, where redirects led to the page.
    pub asked_url: Option<&'a str>,
}

/// The place of a URL in the run.
#[derive(Clone, Copy)]
struct Place<'a> {
    kind: Kind,
    depth: u16,
    hops: u16,
    asked_url: Option<&'a str>,
}

impl Wanted {
    /// Compiles a checked job for a run.
    pub fn new(run: RunId, job: &Job) -> Self {
        Wanted {
            run,
            canonical: Canonical::of(&job.scope),
            reach: Reach::of(job),
            patterns: Patterns::of(&job.scope),
            skip_files: job.scope.skip_files,
            limits: job.limits.clone(),
            robots: job.politeness.robots,
        }
    }

    /// The limits for the store.
    pub fn rules(&self) -> AdmitRules {
        AdmitRules {
            urls: self.limits.urls,
            urls_per_host: self.limits.urls_per_host,
            robots: self.robots == RobotsMode::Obey,
        }
    }

    /// How this job spells URLs.
    pub fn canonical(&self) -> &Canonical {
        &self.canonical
    }

    /// A seed, as text. Always in scope.
    ///
    /// # Errors
    /// [`Reason::BadUrl`], [`Reason::Scheme`], [`Reason::TooLong`].
    pub fn seed(&self, text: &str, kind: Kind) -> Result<Admission, Reason> {
        let url = canonical::parse_seed(text).map_err(|error: SeedError| error.reason())?;
        let url = self.short(self.canonical.url(url))?;
        Ok(self.admission(url, Place { kind, depth: 0, hops: 0, asked_url: None }))
    }

    /// A link that was found on a page: scope, patterns, depth, traps, file types.
    ///
    /// # Errors
    /// Why it is not wanted.
    pub fn link(&self, from: From<'_>, target: Url) -> Result<Admission, Reason> {
        self.page(from).link(target)
    }

    /// The page that holds the links which follow.
    pub fn page<'a>(&'a self, from: From<'a>) -> Page<'a> {
        Page::new(self, from)
    }

    /// The target of a redirect that goes back to the frontier: the same depth, one hop more; the
    /// target of a seed (depth 0) is a seed. Keeps `kind`; `from.url` is the URL that redirects.
    ///
    /// # Errors
    /// Why it is not wanted.
    pub fn redirect(&self, from: From<'_>, target: Url, kind: Kind) -> Result<Admission, Reason> {
        fetchable(&target)?;
        let hops = from.hops.saturating_add(1);
        if hops > self.limits.redirects {
            return Err(Reason::TooManyRedirects);
        }
        let asked_url = Some(from.asked_url.unwrap_or(from.url.as_str()));
        let place = Place { kind, depth: from.depth, hops, asked_url };
        let url = match from.depth {
            0 => self.short(self.canonical.url(target))?,
            _ => self.judged(from, target, place)?,
        };
        Ok(self.admission(url, place))
    }

    /// An entry of a sitemap, or a sitemap of an index or of robots.txt (`kind` says which). It is
    /// in scope where a link from the sitemap's own host would be. Its depth is at least 1: a
    /// sitemap stands beside the seeds, and its entries are one link away however many indexes
    /// lie between.
    ///
    /// # Errors
    /// Why it is not wanted.
    pub fn sitemap_entry(&self, from: From<'_>, target: Url, kind: Kind) -> Result<Admission, Reason> {
        let place = Place { kind, depth: from.depth.max(1), hops: 0, asked_url: None };
        let url = self.judged(from, target, place)?;
        Ok(self.admission(url, place))
    }

    /// A URL that is no longer than the job allows.
    fn short(&self, url: Url) -> Result<Url, Reason> {
        match url.as_str().len() > self.limits.url_length as usize {
            true => Err(Reason::TooLong),
            false => Ok(url),
        }
    }

    /// The canonical URL of a link, if nothing speaks against it.
    fn judged(&self, from: From<'_>, target: Url, place: Place<'_>) -> Result<Url, Reason> {
        fetchable(&target)?;
        let url = self.canonical.url(target);
        if !self.reach.holds(from, &url) {
            return Err(Reason::OutOfScope);
        }
        if place.depth > self.limits.depth {
            return Err(Reason::TooDeep);
        }
        let url = self.short(url)?;
        if self.skip_files && place.kind == Kind::Page && files::is_skipped(url.path()) {
            return Err(Reason::FileType);
        }
        traps::check(&url, &self.limits)?;
        self.patterns.check(&url, place.kind)?;
        Ok(url)
    }

    fn admission(&self, url: Url, place: Place<'_>) -> Admission {
        let origin = origin::origin(&url);
        self.admission_at(url, HostId::of(&origin), origin, place)
    }

    fn admission_at(&self, url: Url, host: HostId, origin: String, place: Place<'_>) -> Admission {
        let url = String::from(url);
        Admission {
            url_id: UrlId::of(self.run, &url),
            host,
            origin,
            kind: place.kind,
            depth: place.depth,
            hops: place.hops,
            prio: self.patterns.priority(&url, place.kind),
            asked_url: place.asked_url.map(str::to_owned),
            url,
        }
    }
}

/// Whether a URL could be fetched at all.
fn fetchable(url: &Url) -> Result<(), Reason> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Reason::Scheme);
    }
    if url.username().is_empty() && url.password().is_none() && url.has_host() {
        return Ok(());
    }
    Err(Reason::BadUrl)
}

#[cfg(test)]
mod tests;
