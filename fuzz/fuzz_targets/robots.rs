//! Any text as a robots.txt, asked for a path that stands on its first line.
//! `cargo +nightly fuzz run robots`
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::clock::Timestamp;
use shared::robots::{RobotsAnswer, Rules, sitemaps};
use url::Url;

fuzz_target!(|text: &str| {
    let (path, text) = text.split_once('\n').unwrap_or(("/", text));
    let Ok(mut url) = Url::parse("https://example.com/") else { return };
    url.set_path(path);
    let answer = RobotsAnswer::from_response(200, text, Timestamp(0));
    let rules = Rules::of(&answer, "Harvestman");
    let _ = (rules.allowed(&url), rules.crawl_delay(), sitemaps(&answer.text, &url));
    url.set_path("/robots.txt");
    assert!(rules.allowed(&url), "robots.txt itself");
});
