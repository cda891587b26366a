//! Whether a run wants a URL. Stub.

use super::{Admission, AdmitRules, Canonical};
use crate::ids::RunId;
use crate::job::Job;
use crate::outcome::{Kind, Reason};
use url::Url;

/// A job's scope, limits and priorities, compiled for one run.
pub struct Wanted {
    canonical: Canonical,
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

impl Wanted {
    /// Compiles a checked job for a run.
    pub fn new(_run: RunId, job: &Job) -> Self {
        Wanted { canonical: Canonical::of(&job.scope) }
    }

    /// The limits for the store.
    pub fn rules(&self) -> AdmitRules {
        unimplemented!()
    }

    /// How this job spells URLs.
    pub fn canonical(&self) -> &Canonical {
        &self.canonical
    }

    /// A seed, as text. Always in scope.
    ///
    /// # Errors
    /// [`Reason::BadUrl`], [`Reason::Scheme`], [`Reason::TooLong`].
    pub fn seed(&self, _text: &str, _kind: Kind) -> Result<Admission, Reason> {
        unimplemented!()
    }

    /// A link that was found on a page: scope, patterns, depth, traps, file types.
    ///
    /// # Errors
    /// Why it is not wanted.
    pub fn link(&self, _from: From<'_>, _target: Url) -> Result<Admission, Reason> {
        unimplemented!()
    }

    /// The target of a redirect that goes back to the frontier: the same depth, one hop more; the
    /// target of a seed (depth 0) is a seed. Keeps `kind`; `from.url` is the URL that redirects.
    ///
    /// # Errors
    /// Why it is not wanted.
    pub fn redirect(&self, _from: From<'_>, _target: Url, _kind: Kind) -> Result<Admission, Reason> {
        unimplemented!()
    }

    /// An entry of a sitemap, or a sitemap of an index or of robots.txt (`kind` says which).
    ///
    /// # Errors
    /// Why it is not wanted.
    pub fn sitemap_entry(&self, _from: From<'_>, _target: Url, _kind: Kind) -> Result<Admission, Reason> {
        unimplemented!()
    }
}
