//! The canonical URL: what makes two spellings one page. Stub.

use crate::job::Scope;
use url::Url;

/// Parses what a person typed as a seed: http or https, a bare host gets `https://`...
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn seed(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|e| e.to_string())
}

/// How a job spells URLs.
#[derive(Clone, Debug, Default)]
pub struct Canonical {}

impl Canonical {
    /// Compiled from a job's scope (tracking parameters, dropped parameters).
    pub fn of(_scope: &Scope) -> Self {
        Canonical {}
    }

    /// The canonical form of an http or https URL. Idempotent.
    pub fn url(&self, url: Url) -> Url {
        url
    }
}
