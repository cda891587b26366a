//! The regular expressions of a scope: include, exclude, priorities.

use crate::job::{PatternsOn, Scope, compile_regexes};
use crate::outcome::{Kind, Reason};
use regex::RegexSet;
use url::Url;

/// The priority of robots.txt, of sitemaps, and of pages that no pattern names.
const ROBOTS: u8 = 0;
const SITEMAP: u8 = 1;
const PAGE: u8 = 5;

pub(super) struct Patterns {
    include: Option<RegexSet>,
    exclude: Option<RegexSet>,
    ranked: Option<RegexSet>,
    ranks: Vec<u8>,
    on: PatternsOn,
    /// A pattern that does not compile is no checked job's; then nothing is admitted.
    broken: bool,
}

impl Patterns {
    pub(super) fn of(scope: &Scope) -> Self {
        let mut broken = false;
        let mut set = |patterns: Vec<&String>| {
            let set = compile_regexes(&patterns);
            broken |= set.is_err();
            set.ok().filter(|set| !set.is_empty())
        };
        let include = set(scope.include.iter().collect());
        let exclude = set(scope.exclude.iter().collect());
        let ranked = set(scope.priorities.iter().map(|p| &p.pattern).collect());
        let ranks = scope.priorities.iter().map(|p| p.priority.min(9)).collect();
        Patterns { include, exclude, ranked, ranks, on: scope.patterns_on, broken }
    }

    /// Exclude wins over include. Include chooses pages; a sitemap's own name says nothing of the
    /// pages in it.
    pub(super) fn check(&self, url: &Url, kind: Kind) -> Result<(), Reason> {
        let text = match self.on {
            PatternsOn::Url => url.as_str(),
            PatternsOn::Path => url.path(),
        };
        if self.broken || self.exclude.as_ref().is_some_and(|set| set.is_match(text)) {
            return Err(Reason::Excluded);
        }
        match &self.include {
            Some(set) if kind == Kind::Page && !set.is_match(text) => Err(Reason::NotIncluded),
            _ => Ok(()),
        }
    }

    /// The first pattern that matches decides.
    pub(super) fn priority(&self, url: &str, kind: Kind) -> u8 {
        match kind {
            Kind::Robots | Kind::Seeds => ROBOTS,
            Kind::Sitemap => SITEMAP,
            Kind::Page => {
                let first = self.ranked.as_ref().and_then(|set| set.matches(url).into_iter().next());
                first.and_then(|i| self.ranks.get(i).copied()).unwrap_or(PAGE)
            }
        }
    }
}
