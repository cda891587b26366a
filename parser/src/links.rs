//! A page's links: which of them the run wants, and which were decided before.

use crate::cache::{Cache, scheme};
use crate::walk::Link;
use encoding_rs::{Encoding, UTF_8};
use shared::frontier::{Admission, From, Wanted, canonical, origin};
use shared::job::Job;
use shared::outcome::Reason;
use std::borrow::Cow;
use std::collections::HashSet;
use url::Url;

/// What became of a page's links.
#[derive(Debug, Default)]
pub struct Links {
    /// To be admitted.
    pub admitted: Vec<Admission>,
    /// Not wanted, by reason.
    pub refused: Refused,
    /// To be remembered once the page is closed.
    pub decided: Vec<u64>,
}

/// Links that are not wanted, counted by reason.
#[derive(Debug, Default)]
pub struct Refused(pub Vec<(Reason, u32)>);

impl Refused {
    /// Counts `count` more.
    pub fn add(&mut self, reason: Reason, count: u32) {
        match self.0.iter_mut().find(|(have, _)| *have == reason) {
            Some((_, counted)) => *counted += count,
            None if count > 0 => self.0.push((reason, count)),
            None => {}
        }
    }
}

/// What the links of a page are judged by.
pub struct Judge<'a> {
    /// The run's job.
    pub job: &'a Job,
    /// The run's scope.
    pub wanted: &'a Wanted,
    /// The run's known links.
    pub cache: &'a Cache,
    /// The page.
    pub from: From<'a>,
    /// What its links are joined with.
    pub base: &'a Url,
    /// Its encoding, which the queries of its links are in (WHATWG URL 4.4).
    pub encoding: &'static Encoding,
    /// The page as a whole says `nofollow`.
    pub nofollow: bool,
}

impl Judge<'_> {
    /// Judges the links of a page, each once.
    pub fn links(&self, links: &[Link<'_>]) -> Links {
        let mut out = Links::default();
        let context = self.cache.context(&origin::origin(self.from.url), self.base);
        let heeds = self.job.scope.nofollow;
        let mut seen = HashSet::with_capacity(links.len());
        let mut not_followed = HashSet::new();
        let mut distinct: Vec<(u64, &str)> = Vec::with_capacity(links.len());
        for link in links.iter().filter(|link| !link.href.is_empty() && !link.href.starts_with('#')) {
            let key = context.link(link.href);
            if heeds && (self.nofollow || link.nofollow) {
                not_followed.insert(key);
            } else if seen.insert(key) {
                match refused_by_form(link.href) {
                    Some(reason) => out.refused.add(reason, 1),
                    None => distinct.push((key, link.href)),
                }
            }
        }
        let not_followed = not_followed.difference(&seen).count();
        out.refused.add(Reason::Nofollow, u32::try_from(not_followed).unwrap_or(u32::MAX));
        let most = self.job.limits.links_per_page as usize;
        if distinct.len() > most {
            let over = distinct.len() - most;
            out.refused.add(Reason::TooManyLinks, u32::try_from(over).unwrap_or(u32::MAX));
            distinct.truncate(most);
        }
        self.decide(&distinct, &mut out);
        out
    }

    fn decide(&self, distinct: &[(u64, &str)], out: &mut Links) {
        let keys: Vec<u64> = distinct.iter().map(|(key, _)| *key).collect();
        let known = self.cache.known(&keys);
        let mut page = self.wanted.page(self.from);
        let mut ids = HashSet::new();
        for ((key, href), known) in distinct.iter().zip(known) {
            if known {
                continue;
            }
            let decision = match join(self.base, href, self.encoding) {
                Some(target) => page.link(target),
                None => Err(Reason::BadUrl),
            };
            // Too deep from here, but another page may be nearer to a seed.
            if !matches!(decision, Err(Reason::TooDeep)) {
                out.decided.push(*key);
            }
            match decision {
                Ok(admission) if ids.insert(admission.url_id) => out.admitted.push(admission),
                Ok(_) => {}
                Err(reason) => out.refused.add(reason, 1),
            }
        }
    }
}

/// What can be said without joining.
fn refused_by_form(href: &str) -> Option<Reason> {
    if let Some(scheme) = scheme(href)
        && !scheme.eq_ignore_ascii_case("http")
        && !scheme.eq_ignore_ascii_case("https")
    {
        return Some(Reason::Scheme);
    }
    (href.len() > canonical::MAX_HREF).then_some(Reason::TooLong)
}

/// A link joined with its base; the query in the page's encoding.
pub fn join(base: &Url, href: &str, encoding: &'static Encoding) -> Option<Url> {
    if encoding == UTF_8 {
        return canonical::join(base, href);
    }
    let encode: &dyn for<'t> Fn(&'t str) -> Cow<'t, [u8]> = &|text| encoding.encode(text).0;
    canonical::join_encoded(base, href, Some(encode))
}

/// The base of a page's links: its first `base` that is a usable URL, else the page itself.
pub fn base(page: &Url, bases: &[&str]) -> Url {
    bases.iter().find_map(|href| canonical::join(page, href)).unwrap_or_else(|| page.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_usable_base_counts() {
        let page = Url::parse("https://a.example/x/y").unwrap();
        for (bases, expected) in [
            (vec![], "https://a.example/x/y"),
            (vec!["/z/", "/w/"], "https://a.example/z/"),
            (vec!["data:,x", "http://[", "//b.example/path"], "https://b.example/path"),
        ] {
            assert_eq!(base(&page, &bases).as_str(), expected);
        }
    }

    #[test]
    fn queries_are_in_the_pages_encoding_and_paths_are_not() {
        let base = Url::parse("http://a.example/").unwrap();
        let joined = |encoding| join(&base, "/to£?unit=µ", encoding).unwrap().to_string();
        assert_eq!(joined(UTF_8), "http://a.example/to%C2%A3?unit=%C2%B5");
        assert_eq!(joined(encoding_rs::WINDOWS_1252), "http://a.example/to%C2%A3?unit=%B5");
    }

    #[test]
    fn what_is_no_web_address_is_not_joined() {
        for (href, reason) in [
            ("mailto:x@example.com", Some(Reason::Scheme)),
            ("JavaScript:void(0)", Some(Reason::Scheme)),
            ("HTTP://a.example", None),
            ("a:b", Some(Reason::Scheme)),
            ("/a:b", None),
            ("12:30", None),
        ] {
            assert_eq!(refused_by_form(href), reason, "{href}");
        }
        assert_eq!(refused_by_form(&"x".repeat(canonical::MAX_HREF + 1)), Some(Reason::TooLong));
    }
}
