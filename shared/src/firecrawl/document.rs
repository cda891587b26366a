//! A page as a document.

use super::ids;
use crate::clock::Timestamp;
use crate::ids::RunId;
use crate::outcome::Kind;
use crate::ports::store::PageRow;
use serde_json::{Map, Value};

/// Raw `meta` names in one document.
const MOST_META: usize = 200;
/// `meta` names and what they are called in the metadata.
const NAMED: [(&str, &str); 12] = [
    ("description", "description"),
    ("keywords", "keywords"),
    ("robots", "robots"),
    ("og:title", "ogTitle"),
    ("og:description", "ogDescription"),
    ("og:url", "ogUrl"),
    ("og:image", "ogImage"),
    ("og:locale", "ogLocale"),
    ("og:site_name", "ogSiteName"),
    ("article:published_time", "publishedTime"),
    ("article:modified_time", "modifiedTime"),
    ("article:section", "articleSection"),
];

/// Whether a closed URL is a document: a server answered for it, with success or not.
pub fn is_document(page: &PageRow) -> bool {
    let refused = page.reason.as_deref().is_some_and(|why| why.starts_with("http_"));
    page.kind == Kind::Page && (page.outcome == "fetched" || page.outcome == "failed" && refused)
}

/// The document of a page; `content` is what the parser kept of it, `cached` when it was fetched, if it
/// was not fetched for this answer.
pub fn document(
    run: RunId,
    page: &PageRow,
    content: Option<&str>,
    cached: Option<Timestamp>,
) -> Map<String, Value> {
    let content: Value = content.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut out = Map::new();
    for (ours, theirs) in [
        ("markdown", "markdown"),
        ("html", "html"),
        ("raw_html", "rawHtml"),
        ("links", "links"),
        ("images", "images"),
        ("attributes", "attributes"),
    ] {
        if let Some(value) = content.get(ours) {
            out.insert(theirs.to_owned(), value.clone());
        }
    }
    if let Some(cut) = content.get("cut") {
        out.insert("warning".to_owned(), format!("cut, because they are too large: {cut}").into());
    }
    let mut metadata = said_by(page, &content);
    metadata.extend(known_of(run, page, cached));
    out.insert("metadata".to_owned(), Value::Object(metadata));
    out
}

/// What the page says of itself. Names without a mark in them could be taken for what is known of it, and
/// clients give some of them types: only those that are listed go in.
fn said_by(page: &PageRow, content: &Value) -> Map<String, Value> {
    let mut out = Map::new();
    let metas = content.get("meta").and_then(Value::as_object);
    let raw =
        metas.into_iter().flatten().filter(|(name, _)| name.contains([':', '.', '-']) || *name == "viewport");
    out.extend(raw.take(MOST_META).map(|(name, value)| (name.clone(), value.clone())));
    for (name, called) in NAMED {
        let mut metas = metas.into_iter().flatten();
        if let Some((_, value)) = metas.find(|(have, _)| have.eq_ignore_ascii_case(name)) {
            out.insert(called.to_owned(), value.clone());
        }
    }
    let said: Value =
        page.meta.as_deref().and_then(|meta| serde_json::from_str(meta).ok()).unwrap_or_default();
    for (name, value) in [
        ("language", said.get("language")),
        ("favicon", content.get("icon")),
        ("contentType", content.get("content_type")),
    ] {
        if let Some(value) = value.filter(|value| value.is_string()) {
            out.insert(name.to_owned(), value.clone());
        }
    }
    out
}

/// What is known of the page.
fn known_of(run: RunId, page: &PageRow, cached: Option<Timestamp>) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    if let Some(title) = &page.title {
        put("title", title.clone().into());
    }
    put("sourceURL", page.asked_url.as_ref().unwrap_or(&page.url).clone().into());
    put("url", page.url.clone().into());
    put("statusCode", page.status.unwrap_or(200).into());
    if let Some(error) = page.reason.as_ref().filter(|_| page.outcome == "failed") {
        let status = page.status.and_then(|status| http::StatusCode::from_u16(status).ok());
        put("error", status.and_then(|status| status.canonical_reason()).unwrap_or(error).into());
    }
    put("scrapeId", ids::of_page(run, page.seq).into());
    put("proxyUsed", "basic".into());
    put("creditsUsed", 1.into());
    put("cacheState", if cached.is_some() { "hit" } else { "miss" }.into());
    if let Some(at) = cached {
        put("cachedAt", at.to_rfc3339().into());
    }
    out
}
