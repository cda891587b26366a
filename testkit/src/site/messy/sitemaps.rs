//! The messy site's sitemaps: an index, which names a gzip file and a plain one.

use super::noise::PHANTOM;
use crate::site::html::escape;
use crate::site::plan::{Plan, Way};
use std::fmt::Write;

/// The index, named in robots.txt.
pub(crate) const INDEX: &str = "/sitemap_index.xml";
/// The first half of the pages, as gzip.
pub(crate) const FIRST: &str = "/sitemaps/first.xml.gz";
/// The second half.
pub(crate) const SECOND: &str = "/sitemaps/second.xml";

/// The sitemap index.
pub(crate) fn index(origin: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n\
         <sitemap><loc>{origin}{FIRST}</loc><lastmod>2026-01-01</lastmod></sitemap>\n\
         <sitemap><loc>\n  {origin}{SECOND}\n</loc></sitemap>\n</sitemapindex>\n"
    )
}

/// One of the two lists: the pages that only a sitemap names and a few others, with an entry on
/// another host and a denied one.
pub(crate) fn list(plan: &Plan, origin: &str, elsewhere: &str, second: bool) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">\n",
    );
    for (page, i) in plan.pages.iter().zip(0u32..) {
        let named = page.way == Way::Sitemap || (page.way == Way::Any && i % 10 == 3);
        if named && (i % 2 == 1) == second {
            let _ = writeln!(
                out,
                "<url><loc>{origin}{}</loc><priority>0.5</priority><image:image>\
                 <image:loc>{origin}{PHANTOM}image-{i}.jpg</image:loc></image:image></url>",
                escape(&page.target)
            );
        }
    }
    let _ = write!(
        out,
        "<url><loc>{elsewhere}/sitemap/entry</loc></url>\n<url><loc>{origin}/private/entry</loc></url>\n\
         <!-- <url><loc>{origin}{PHANTOM}sitemap</loc></url> -->\n</urlset>\n"
    );
    out
}
