//! `POST /v2/scrape`: one page, while the caller waits.

use super::changes::{Before, markdown, since};
use super::error::Refusal;
use super::fields::Fields;
use super::options::{Options, warning};
use super::parts;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::openapi::{ScrapeRequest, Scraped};
use crate::scrape::one::{self, One};
use crate::scrape::{checked, patience};
use crate::v1::runs::own;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use shared::clock::Timestamp;
use shared::firecrawl::{document, is_document};
use shared::ids::RunId;

/// The name of the runs of scrapes.
pub const NAME: &str = "firecrawl-scrape";

/// Fetch one page, and answer with it.
#[utoipa::path(post, path = "/v2/scrape", tag = "v2", operation_id = "v2_scrape", request_body = ScrapeRequest,
    responses((status = 200, description = "The page.", body = Scraped)))]
pub async fn scrape(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let url = fields.url()?;
    let options = Options::read(&fields, &[])?;
    let key = options.key();
    let kept = app.recent.last(caller.tenant, url.as_str(), &key);
    let now = app.deps.clock.now();
    let fresh = match options.min_age {
        Some(least) => {
            let old = kept.filter(|(_, at)| now.since(*at) >= least);
            Some(old.ok_or_else(no_cached)?)
        }
        None => kept.filter(|(_, at)| now.since(*at) < options.max_age),
    };
    let (one, cached) = match fresh {
        Some((run, at)) => (one::read(&app, run).await?, Some(at)),
        None => {
            let timeout = patience(&app, options.timeout);
            let mut job = one::job(url.as_str(), timeout);
            job.name = Some(NAME.to_owned());
            options.apply(&mut job);
            (one::harvest(&app, &caller, once, checked(&app, job)?, timeout).await?, None)
        }
    };
    let mut data = of(&one, cached)?;
    if options.changes.is_some() {
        let before = match kept {
            Some((run, at)) => {
                let one = one::read(&app, run).await?;
                let markdown = markdown(one.content.as_ref().map(|content| content.get()));
                Some(Before { at, markdown })
            }
            None => None,
        };
        let now = data.get("markdown").and_then(Value::as_str).unwrap_or_default();
        data.insert("changeTracking".to_owned(), since(before, now));
    }
    if cached.is_none() && options.is_kept {
        app.recent.keep(caller.tenant, url.as_str(), &key, one.run, app.deps.clock.now());
    }
    if let Some(warning) = warning(&options.ignored) {
        data.insert("warning".to_owned(), warning.into());
    }
    Ok(Json(json!({ "success": true, "data": data })))
}

/// The page of a scrape that was done before.
#[utoipa::path(get, path = "/v2/scrape/{id}", tag = "v2", operation_id = "v2_scraped", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, description = "The page.", body = Scraped)))]
pub async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let run: RunId = parts::run(&id)?;
    let summary = own(&app, &caller, run).await?;
    if summary.name.as_deref() != Some(NAME) {
        return Err(Refusal::no_job());
    }
    let data = of(&one::read(&app, run).await?, None)?;
    Ok(Json(json!({ "success": true, "data": data })))
}

/// The document, or why there is none.
fn of(one: &One, cached: Option<Timestamp>) -> Result<Map<String, Value>, Refusal> {
    let page = one.page.as_ref();
    if let Some(page) = page.filter(|page| is_document(page)) {
        let content = one.content.as_ref().map(|content| content.get());
        return Ok(document(one.run, page, content, cached));
    }
    let reason = page.and_then(|page| page.reason.as_deref()).unwrap_or("timeout");
    let (status, code, error) = refusal(reason);
    Err(Refusal::new(status, code, format!("{error} ({reason})")))
}

/// How a reason without a document is said.
fn refusal(reason: &str) -> (StatusCode, &'static str, &'static str) {
    match reason {
        // A success for HTTP: the clients read the code.
        "dns" => (StatusCode::OK, "SCRAPE_DNS_RESOLUTION_ERROR", "the host's name does not resolve"),
        "timeout" | "limit_time" | "cancelled" => {
            (StatusCode::REQUEST_TIMEOUT, "SCRAPE_TIMEOUT", "the page did not come in time")
        }
        "robots_denied" | "robots_unreachable" => {
            (StatusCode::FORBIDDEN, "SCRAPE_ROBOTS_DENIED", "robots.txt does not allow this page")
        }
        "address_refused" => {
            (StatusCode::FORBIDDEN, "SCRAPE_ADDRESS_REFUSED", "this server may not call that address")
        }
        "tls" => (StatusCode::INTERNAL_SERVER_ERROR, "SCRAPE_SSL_ERROR", "no secure connection"),
        "too_large" | "decompression_bomb" => {
            (StatusCode::INTERNAL_SERVER_ERROR, "SCRAPE_TOO_LARGE", "the page is too large")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "SCRAPE_ALL_ENGINES_FAILED", "the page could not be had"),
    }
}

/// Nothing was scraped before that would do.
fn no_cached() -> Refusal {
    let error = "nothing of this page that is old enough was scraped before; without minAge it is fetched";
    Refusal::new(StatusCode::NOT_FOUND, "SCRAPE_NO_CACHED_DATA", error)
}
