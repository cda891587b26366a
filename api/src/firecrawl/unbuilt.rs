//! What the clients can call and this server has not.

use super::error::Refusal;
use axum::extract::Path;
use axum::http::StatusCode;

/// What needs a model, a browser or a search engine, or is not built.
const UNBUILT: [&str; 13] = [
    "agent",
    "browser",
    "crawl/params-preview",
    "deep-research",
    "exchange",
    "extract",
    "feedback",
    "interact",
    "llmstxt",
    "monitor",
    "parse",
    "search",
    "team",
];

pub async fn unbuilt(Path(rest): Path<String>) -> Refusal {
    let is_under =
        |name: &str| rest.strip_prefix(name).is_some_and(|more| more.is_empty() || more.starts_with('/'));
    match UNBUILT.iter().find(|name| is_under(name)) {
        Some(name) => Refusal::unbuilt(&format!("/v2/{name}")),
        None if rest.ends_with("/interact") => Refusal::unbuilt("interacting with a page"),
        None => Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such route"),
    }
}
