//! `POST /v2/batch/scrape`: a run of many seeds, whose links are not followed.

use super::crawl::once;
use super::error::Refusal;
use super::fields::{Fields, parsed};
use super::options::{Options, warning};
use super::status::origin;
use super::{changes, hook, parts};
use crate::app::App;
use crate::auth::Caller;
use crate::openapi::{BatchRequest, Started};
use crate::scrape::checked;
use crate::v1::start;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use shared::firecrawl::{BATCH, ids};
use shared::ids::RunId;
use shared::job::Job;
use shared::ports::store::RunState;
use shared::ports::store::control::Beside;
use std::sync::Arc;

/// URLs in one batch.
const MOST: usize = 10_000;
/// Keys besides the scrape options.
const KEYS: [&str; 5] = ["appendToId", "ignoreInvalidURLs", "maxConcurrency", "urls", "webhook"];

/// Begin a batch of pages, whose links are not followed.
#[utoipa::path(post, path = "/v2/batch/scrape", tag = "v2", operation_id = "v2_batch", request_body = BatchRequest,
    params(("x-idempotency-key" = Option<String>, Header, description = "The same key begins one job.")),
    responses((status = 200, description = "It has begun.", body = Started)))]
pub async fn start(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let options = Options::read(&fields, &KEYS)?;
    let first = first(&app, &caller, &fields).await?;
    if first.is_some() && options.changes.is_some() {
        return Err(Refusal::bad("changeTracking cannot go together with appendToId"));
    }
    let hook = hook::read(&app, &caller, &fields, false, first).await?;
    let asked = fields.texts("urls")?;
    if asked.is_empty() || asked.len() > MOST {
        return Err(Refusal::bad(format!("urls: give 1 to {MOST}")));
    }
    let (mut urls, mut invalid) = (Vec::new(), Vec::new());
    for text in asked {
        match parsed(&text) {
            Ok(url) => urls.push(String::from(url)),
            Err(_) => invalid.push(text),
        }
    }
    let lenient = fields.flag("ignoreInvalidURLs")?.unwrap_or(true);
    if urls.is_empty() || !lenient && !invalid.is_empty() {
        return Err(Refusal::bad(format!("urls: these are none: {}", invalid.join(", "))));
    }
    let compared = options.changes.as_ref().map(|tag| changes::series(BATCH, &urls, tag));
    let series = first.map(parts::series).or(compared);
    let mut job = Job::of_seeds(urls);
    job.name = Some(BATCH.to_owned());
    job.limits.depth = 0;
    job.scope.sitemaps = false;
    if let Some(most) = fields.whole("maxConcurrency")? {
        job.politeness.concurrency = Some(u16::try_from(most.clamp(1, 256)).unwrap_or(256));
    }
    options.apply(&mut job);
    let job = checked(&app, job)?;
    let beside = Beside { hook, series };
    let run = start::beside(&app, &caller, once(&caller, &headers), Arc::new(job), beside).await?;
    let id = ids::of_run(first.unwrap_or(run));
    let url = format!("{}/v2/batch/scrape/{id}", origin(&app, &headers));
    let mut answer = json!({ "success": true, "id": id, "url": url });
    if lenient {
        answer["invalidURLs"] = invalid.into();
    }
    if let Some(warning) = warning(&options.ignored) {
        answer["warning"] = warning.into();
    }
    Ok(Json(answer))
}

/// The batch that this one is appended to.
async fn first(app: &App, caller: &Caller, fields: &Fields) -> Result<Option<RunId>, Refusal> {
    let Some(id) = fields.text("appendToId")? else { return Ok(None) };
    let job = parts::job(app, caller, id).await?;
    let conflict =
        |why: &str| Refusal::new(StatusCode::CONFLICT, "BAD_REQUEST", format!("appendToId: {why}"));
    if job.is_crawl() {
        return Err(conflict("this is a crawl, and no batch"));
    }
    if job.state() == RunState::Cancelled {
        return Err(conflict("this batch was cancelled"));
    }
    if job.all().len() > parts::MOST as usize {
        return Err(conflict("this batch was appended to too often"));
    }
    Ok(Some(job.first().run))
}
