//! The canonical URL: what makes two spellings one page, and never makes two pages one.
//!
//! The `url` crate parses as browsers do (WHATWG): case and IDNA of the host, default port, dot
//! segments, characters that must be encoded. What is added here changes a spelling only where
//! RFC 3986 6.2.2 calls both the same, or where a published list says that a parameter does not
//! choose the page ([`TRACKING_NAMES`]). Parameters are not sorted: their order may matter.

mod join;
mod params;
mod percent;
mod seed;

pub use join::{MAX_HREF, join, join_encoded};
pub use params::{TRACKING_NAMES, TRACKING_PREFIXES};
pub use seed::{SeedError, parse_seed, seed};

use crate::job::Scope;
use params::Dropped;
use std::borrow::Cow;
use url::Url;

/// How a job spells URLs.
#[derive(Clone, Debug, Default)]
pub struct Canonical {
    dropped: Dropped,
}

impl Canonical {
    /// Compiled from a job's scope (tracking parameters, dropped parameters).
    pub fn of(scope: &Scope) -> Self {
        Canonical { dropped: Dropped::new(scope.drop_tracking, &scope.drop_params) }
    }

    /// The canonical form of an http or https URL. Idempotent.
    ///
    /// Dropped are the fragment, user-info, the dot that may end a host's name, and the parameters
    /// that the job drops. Percent-encodings get upper-case digits, and those of letters, digits,
    /// `-`, `.`, `_` and `~` are resolved; no others are, since `%2F` is not `/`.
    pub fn url(&self, mut url: Url) -> Url {
        if is_plain(&url) {
            return url;
        }
        if url.fragment().is_some() {
            url.set_fragment(None);
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Both refuse only URLs without a host, which http and https URLs are not.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        if let Some(name) = without_root_dot(&url) {
            // What is left was accepted as a host together with its dot. If it were refused, the
            // URL stays as it is.
            let _ = url.set_host(Some(&name));
        }
        if let Some(path) = self.path(url.path()) {
            url.set_path(&path);
        }
        match url.query().map(|query| self.query(query)) {
            None | Some(Query::Same) => {}
            Some(Query::None) => url.set_query(None),
            Some(Query::Other(query)) => url.set_query(Some(&query)),
        }
        url
    }

    /// The path's canonical form where it differs.
    fn path(&self, path: &str) -> Option<String> {
        let mut spelled = percent::normalise(path);
        if spelled.contains('^') {
            // In the standard's list of characters to encode in a path, and not yet in the crate's.
            spelled = spelled.replace('^', "%5E").into();
        }
        match self.dropped.path_sessions(&spelled) {
            Some(shorter) => Some(shorter),
            None => match spelled {
                Cow::Borrowed(_) => None,
                Cow::Owned(path) => Some(path),
            },
        }
    }

    fn query(&self, query: &str) -> Query {
        let spelled = percent::normalise(query);
        match self.dropped.query(&spelled) {
            Some(shorter) if shorter.bytes().all(|b| b == b'&') => Query::None,
            Some(shorter) => Query::Other(shorter),
            None => match spelled {
                Cow::Borrowed(_) => Query::Same,
                Cow::Owned(query) => Query::Other(query),
            },
        }
    }
}

/// Whether a URL is plainly canonical already, as most links are: no fragment, user-info, query,
/// encoding, path parameter, `^`, and no dot at the end of the host's name.
fn is_plain(url: &Url) -> bool {
    // Without an early end the compiler makes it a few wide comparisons.
    let odd = |byte: &u8| matches!(byte, b'%' | b'?' | b'#' | b'@' | b';' | b'^');
    let is_odd = url.as_str().as_bytes().iter().fold(false, |any, byte| any | odd(byte));
    !is_odd && !url.host_str().is_some_and(|name| name.ends_with('.'))
}

/// What becomes of a query.
enum Query {
    Same,
    None,
    Other(String),
}

/// A name that ends in one dot is absolute in the DNS and means the same host; served apart, the
/// host would be paced twice.
fn without_root_dot(url: &Url) -> Option<String> {
    let name = url.host_str()?.strip_suffix('.')?;
    (!name.is_empty() && !name.ends_with('.')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
