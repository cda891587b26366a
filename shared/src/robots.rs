//! robots.txt (RFC 9309): the answer of a host, and what it allows. Stub.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a host said when it was asked for its robots.txt. Kept by host, for all runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsAnswer {
    /// What the answer means.
    pub access: Access,
    /// The file's text, at most 512 KiB; empty unless `access` is by rules.
    pub text: String,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// How long it holds, in milliseconds from then.
    pub valid_ms: u64,
}

/// What a robots.txt answer means (RFC 9309 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// There is a file: its rules hold.
    Rules,
    /// There is none (4xx): all is allowed.
    Allowed,
    /// It cannot be had (5xx, no answer): all is denied, for now.
    Denied,
}

/// A robots.txt, compiled for one user agent.
pub struct Rules {}

impl Rules {
    /// Compiles an answer for a product token (`Harvestman`).
    pub fn of(_answer: &RobotsAnswer, _product_token: &str) -> Self {
        unimplemented!()
    }

    /// Whether this URL may be fetched. `/robots.txt` always may.
    pub fn allowed(&self, _url: &url::Url) -> bool {
        unimplemented!()
    }

    /// `Crawl-delay` of the matching group, if any.
    pub fn crawl_delay(&self) -> Option<Duration> {
        unimplemented!()
    }
}

/// The `Sitemap` lines of a file, absolute, in order; relative ones are joined with `base`.
pub fn sitemaps(_text: &str, _base: &url::Url) -> Vec<url::Url> {
    unimplemented!()
}
