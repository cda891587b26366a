//! robots.txt (RFC 9309): the answer of a host, and what it allows.
//!
//! Why the matcher is our own: `docs/decisions/0001-robots-parser.md`.

mod answer;
mod lines;
mod pattern;
mod rules;
mod spelling;

pub use answer::{Access, DENIED_VALID, MAX_TEXT, RobotsAnswer, VALID};
pub use rules::{MAX_CRAWL_DELAY, Rules};

use crate::frontier::canonical;
use lines::Line;
use url::Url;

/// Sitemaps that are taken from one file.
pub const MAX_SITEMAPS: usize = 1_000;

/// The `Sitemap` lines of a file, wherever they stand: absolute, in order, at most
/// [`MAX_SITEMAPS`]; relative ones are joined with `base`.
pub fn sitemaps(text: &str, base: &Url) -> Vec<Url> {
    let named = lines::lines(text).filter_map(|line| match line {
        Line::Sitemap(url) if !url.is_empty() => canonical::join(base, url),
        _ => None,
    });
    named.take(MAX_SITEMAPS).collect()
}

#[cfg(test)]
mod tests;
