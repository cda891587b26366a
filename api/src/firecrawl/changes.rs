//! What is new about a page since it was last read: the format `changeTracking`, by a diff of the Markdown.

use super::diff::unified;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::clock::Timestamp;
use shared::firecrawl::CRAWL;

/// The text before, and when it was read.
pub struct Before {
    pub at: Timestamp,
    pub markdown: String,
}

/// Compares with what was there before; None: nothing was.
pub fn since(before: Option<Before>, now: &str) -> Value {
    let Some(before) = before else {
        return json!({ "previousScrapeAt": null, "changeStatus": "new", "visibility": "visible" });
    };
    let status = if now == before.markdown { "same" } else { "changed" };
    let mut out = json!({
        "previousScrapeAt": before.at.to_rfc3339(), "changeStatus": status, "visibility": "visible",
    });
    if now != before.markdown {
        out["diff"] = json!({ "text": unified(&before.markdown, now) });
    }
    out
}

/// The Markdown in a page's content.
pub fn markdown(content: Option<&str>) -> String {
    let content: Value = content.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    content.get("markdown").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What the names of series begin with whose runs are compared with the last one.
const COMPARED: &str = "changes ";

/// The series of runs that are compared: of the same kind, from the same URLs, with the same tag.
pub fn series(kind: &str, urls: &[String], tag: &str) -> String {
    let mut urls: Vec<&String> = urls.iter().collect();
    // A crawl has one; the order of a batch does not matter.
    urls.sort();
    let mut hasher = Sha256::new();
    for text in [kind, tag].into_iter().chain(urls.into_iter().map(String::as_str)) {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    let word = if kind == CRAWL { "crawl" } else { "batch" };
    format!("{COMPARED}{word} {}", data_encoding::HEXLOWER.encode(&hasher.finalize()))
}

/// Whether the runs of this series are compared.
pub fn is_compared(series: &str) -> bool {
    series.starts_with(COMPARED)
}
