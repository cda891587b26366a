//! How far a link may lead from the seeds, or from the page that holds it.

use super::From;
use crate::frontier::{Canonical, canonical, origin};
use crate::job::{Job, Within};
use std::collections::HashSet;
use url::Url;

/// [`Within`], with the seeds' hosts, sites or folders.
pub(super) enum Reach {
    /// Hosts (`example.com:8080`).
    Hosts(HashSet<String>),
    /// Registrable domains.
    Sites(HashSet<String>),
    /// Folders with their host: `example.com/docs/`.
    Folders(HashSet<String>),
    /// Paths with their host, without a `/` at the end: `example.com/docs`, `example.com`.
    Paths(HashSet<String>),
    /// No bound.
    Any,
}

impl Reach {
    pub(super) fn of(job: &Job) -> Self {
        let spelling = Canonical::of(&job.scope);
        let parsed = |texts: &[String]| -> Vec<Url> {
            texts.iter().filter_map(|text| Some(spelling.url(canonical::parse_seed(text).ok()?))).collect()
        };
        let pages = parsed(&job.seeds.urls);
        let sitemaps = parsed(&job.seeds.sitemaps);
        let all = || pages.iter().chain(&sitemaps);
        match job.scope.within {
            Within::Host => Reach::Hosts(all().filter_map(origin::host).collect()),
            Within::Site => Reach::Sites(all().filter_map(origin::site).map(str::to_owned).collect()),
            // A sitemap at the root beside a seed further down opens no more than the seed does.
            Within::Prefix if pages.is_empty() => {
                Reach::Folders(sitemaps.iter().filter_map(folder).collect())
            }
            Within::Prefix => Reach::Folders(pages.iter().filter_map(folder).collect()),
            Within::Path if pages.is_empty() => {
                Reach::Paths(sitemaps.iter().filter_map(folder_itself).collect())
            }
            Within::Path => Reach::Paths(pages.iter().filter_map(path_itself).collect()),
            Within::Any => Reach::Any,
        }
    }

    /// Whether a link from there may lead here.
    pub(super) fn holds(&self, from: From<'_>, target: &Url) -> bool {
        match self {
            Reach::Any => true,
            Reach::Hosts(seeds) => same_host(from.url, target) || known(seeds, origin::plain_host(target)),
            Reach::Sites(seeds) => {
                from.url.host_str() == target.host_str()
                    || origin::site(from.url) == origin::site(target)
                    || known(seeds, origin::site(target))
            }
            Reach::Folders(seeds) => {
                let own = || from.depth == 0 && same_host(from.url, target) && is_below(from.url, target);
                below_any(seeds, target) || own()
            }
            Reach::Paths(seeds) => {
                let own = || from.depth == 0 && same_host(from.url, target) && is_within(from.url, target);
                at_or_below_any(seeds, target) || own()
            }
        }
    }
}

fn known(set: &HashSet<String>, name: Option<&str>) -> bool {
    name.is_some_and(|name| set.contains(name))
}

fn same_host(one: &Url, other: &Url) -> bool {
    origin::plain_host(one) == origin::plain_host(other)
}

/// A path up to its last `/`.
fn folder_path(url: &Url) -> &str {
    let path = url.path();
    &path[..path.rfind('/').map_or(0, |at| at + 1)]
}

fn folder(url: &Url) -> Option<String> {
    Some(format!("{}{}", origin::plain_host(url)?, folder_path(url)))
}

fn is_below(page: &Url, target: &Url) -> bool {
    target.path().starts_with(folder_path(page))
}

/// Whether one of the folders holds the URL: one look-up for each of the path's folders.
fn below_any(folders: &HashSet<String>, target: &Url) -> bool {
    let Some(host) = origin::plain_host(target) else { return false };
    let whole = format!("{host}{}", target.path());
    let mut ends = whole.bytes().enumerate().skip(host.len()).filter(|(_, byte)| *byte == b'/');
    ends.any(|(at, _)| folders.contains(&whole[..=at]))
}

/// A URL's host and path, without a `/` at the end.
fn path_itself(url: &Url) -> Option<String> {
    Some(format!("{}{}", origin::plain_host(url)?, url.path().trim_end_matches('/')))
}

fn folder_itself(url: &Url) -> Option<String> {
    Some(format!("{}{}", origin::plain_host(url)?, folder_path(url).trim_end_matches('/')))
}

/// Whether a path is the page's own, or below it.
fn is_within(page: &Url, target: &Url) -> bool {
    let rest = target.path().strip_prefix(page.path().trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether one of the paths is the URL's, or above it.
fn at_or_below_any(paths: &HashSet<String>, target: &Url) -> bool {
    let Some(host) = origin::plain_host(target) else { return false };
    let whole = format!("{host}{}", target.path());
    let mut ends = whole.bytes().enumerate().skip(host.len()).filter(|(_, byte)| *byte == b'/');
    ends.any(|(at, _)| paths.contains(&whole[..at])) || paths.contains(&whole)
}
