//! The parser: takes segments that are stored, reads their pages, and applies what it read to the
//! database, one transaction a segment. It opens no connection to the internet.
//!
//! `segment` goes from message to transaction (`reparse` does so for stored pages); `visit` decides what becomes of one URL; `page` reads one
//! page: `charset`, `html`, `walk`, then `links`, `meta`, `jsonld`, `microdata` and `extract`. `sitemap` reads sitemaps.

mod cache;
pub mod charset;
#[cfg(test)]
mod conformance;
mod consume;
mod content;
#[cfg(test)]
mod cost;
pub mod extract;
mod headers;
pub mod html;
mod json;
mod jsonld;
mod links;
mod meta;
mod metrics;
mod microdata;
mod mime;
mod page;
mod plan;
mod prescan;
mod preview;
mod reparse;
mod retry;
mod segment;
pub mod sitemap;
mod tree;
mod turns;
mod visit;
mod walk;

pub use consume::{Config, Deps, ParserError, run};
pub use extract::check;
pub use metrics::METRICS;
pub use preview::preview;
pub use turns::Turns;
