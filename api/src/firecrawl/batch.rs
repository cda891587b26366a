//! `POST /v2/batch/scrape`: a run of many seeds, whose links are not followed.

use super::crawl::{once, refuse};
use super::error::Refusal;
use super::fields::{Fields, parsed};
use super::ids;
use super::options::{Options, warning};
use super::status::origin;
use crate::app::App;
use crate::auth::Caller;
use crate::scrape::checked;
use crate::v1::start;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use shared::job::Job;
use std::sync::Arc;

/// The name of the runs of batches.
pub const NAME: &str = "firecrawl-batch";
/// URLs in one batch.
const MOST: usize = 10_000;
/// Keys besides the scrape options.
const KEYS: [&str; 5] = ["appendToId", "ignoreInvalidURLs", "maxConcurrency", "urls", "webhook"];

pub async fn start(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let options = Options::read(&fields, &KEYS)?;
    refuse(&fields, &options)?;
    if fields.get("appendToId").is_some() {
        return Err(Refusal::unbuilt("appendToId"));
    }
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
    let mut job = Job::of_seeds(urls);
    job.name = Some(NAME.to_owned());
    job.limits.depth = 0;
    job.scope.sitemaps = false;
    if let Some(most) = fields.whole("maxConcurrency")? {
        job.politeness.concurrency = Some(u16::try_from(most.clamp(1, 256)).unwrap_or(256));
    }
    options.apply(&mut job);
    let job = checked(&app, job)?;
    let run = start::run(&app, &caller, once(&caller, &headers), None, Arc::new(job)).await?;
    let id = ids::of_run(run);
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
