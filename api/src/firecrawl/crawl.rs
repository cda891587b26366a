//! `POST /v2/crawl`: a run of a job that is made of the options.

use super::error::Refusal;
use super::fields::Fields;
use super::options::{Options, warning};
use super::status::origin;
use super::{changes, hook};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::openapi::{CrawlRequest, Started};
use crate::scrape::checked;
use crate::v1::start;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use shared::firecrawl::{CRAWL, ids};
use shared::job::{Delay, Job, PatternsOn, RobotsMode, Within};
use shared::ports::store::control::{Beside, RequestKey};
use std::sync::Arc;
use std::time::Duration;

/// Pages, where nobody says how many.
const LIMIT: u64 = 10_000;
/// Options besides those of a scrape.
const KEYS: [&str; 18] = [
    "allowExternalLinks",
    "allowSubdomains",
    "crawlEntireDomain",
    "deduplicateSimilarURLs",
    "delay",
    "excludePaths",
    "ignoreQueryParameters",
    "ignoreRobotsTxt",
    "includePaths",
    "limit",
    "maxConcurrency",
    "maxDiscoveryDepth",
    "prompt",
    "regexOnFullURL",
    "robotsUserAgent",
    "scrapeOptions",
    "sitemap",
    "webhook",
];

/// Begin a crawl.
#[utoipa::path(post, path = "/v2/crawl", tag = "v2", operation_id = "v2_crawl", request_body = CrawlRequest,
    params(("x-idempotency-key" = Option<String>, Header, description = "The same key begins one job.")),
    responses((status = 200, description = "It has begun.", body = Started)))]
pub async fn start(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let url = fields.url()?;
    let scrape = fields.inside("scrapeOptions")?;
    let options = Options::read(&scrape, &[])?;
    refuse(&fields)?;
    let hook = hook::read(&app, &caller, &fields, true, None).await?;
    let mut ignored = Options::read(&fields, &KEYS)?.ignored;
    ignored.extend(options.ignored.iter().cloned());
    let mut job = job(&fields, &url)?;
    options.apply(&mut job);
    let job = checked(&app, job)?;
    let series = options.changes.as_ref().map(|tag| changes::series(CRAWL, &[url.to_string()], tag));
    let beside = Beside { hook, series };
    let run = start::beside(&app, &caller, once(&caller, &headers), Arc::new(job), beside).await?;
    let id = ids::of_run(run);
    let mut answer =
        json!({ "success": true, "id": id, "url": format!("{}/v2/crawl/{id}", origin(&app, &headers)) });
    if let Some(warning) = warning(&ignored) {
        answer["warning"] = warning.into();
    }
    Ok(Json(answer))
}

/// What would be missed silently is refused.
fn refuse(fields: &Fields) -> Result<(), Refusal> {
    if fields.get("prompt").is_none() {
        return Ok(());
    }
    let error = "`prompt` needs a model, which this server has not";
    Err(Refusal::new(StatusCode::FORBIDDEN, "CRAWL_PROMPT_NOT_SUPPORTED", error))
}

/// A request that is repeated under the same key begins one run.
pub fn once(caller: &Caller, headers: &HeaderMap) -> Once {
    let key = headers.get("x-idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.filter(|key| (1..=255).contains(&key.len())).map(|key| format!("v2/{key}"));
    Once(key.map(|key| RequestKey { tenant: caller.tenant, key }))
}

/// The job without what is taken from its pages.
fn job(fields: &Fields, url: &url::Url) -> Result<Job, Refusal> {
    let flag = |key| Ok::<_, Refusal>(fields.flag(key)?.unwrap_or(false));
    let mut job = Job::of_seeds([url.as_str()]);
    job.name = Some(CRAWL.to_owned());
    job.scope.within = if flag("allowExternalLinks")? {
        Within::Any
    } else if flag("allowSubdomains")? {
        Within::Site
    } else if flag("crawlEntireDomain")? {
        Within::Host
    } else {
        Within::Path
    };
    job.scope.include = fields.texts("includePaths")?;
    job.scope.exclude = fields.texts("excludePaths")?;
    job.scope.patterns_on = if flag("regexOnFullURL")? { PatternsOn::Url } else { PatternsOn::Path };
    job.limits.pages = Some(fields.whole("limit")?.unwrap_or(LIMIT).max(1));
    if let Some(depth) = fields.whole("maxDiscoveryDepth")? {
        job.limits.depth = u16::try_from(depth).unwrap_or(u16::MAX);
    }
    match fields.text("sitemap")?.unwrap_or("include") {
        "include" => job.seeds.sitemaps = sitemaps(url),
        "skip" => job.scope.sitemaps = false,
        "only" => {
            job.seeds.sitemaps = sitemaps(url);
            job.seeds.urls.clear();
            job.limits.depth = 1;
        }
        other => return Err(Refusal::bad(format!("sitemap: `{other}`; use include, skip or only"))),
    }
    if flag("ignoreQueryParameters")? {
        job.scope.drop_params = vec!["*".to_owned()];
    }
    if flag("ignoreRobotsTxt")? {
        job.politeness.robots = RobotsMode::Ignore;
    }
    if let Some(name) = fields.text("robotsUserAgent")? {
        // Rules are kept for the name that requests bear.
        job.politeness.user_agent = name.to_owned();
    }
    if let Some(delay) = fields.number("delay")? {
        if delay > 60.0 {
            return Err(Refusal::bad("delay: at most 60 seconds"));
        }
        job.politeness.delay = Delay::Fixed(Duration::from_secs_f64(delay));
    }
    if let Some(most) = fields.whole("maxConcurrency")? {
        job.politeness.concurrency = Some(u16::try_from(most.clamp(1, 256)).unwrap_or(256));
    }
    Ok(job)
}

/// Where a site's sitemap usually is.
pub fn sitemaps(url: &url::Url) -> Vec<String> {
    url.join("/sitemap.xml").map(|url| vec![url.into()]).unwrap_or_default()
}
