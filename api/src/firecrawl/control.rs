//! Ending a crawl or a batch, what went wrong in it, and which crawls are under way.

use super::document::is_document;
use super::error::Refusal;
use super::status::job;
use super::{crawl, ids};
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::outcome::Kind;
use shared::ports::store::{Command, PageFilter, PageRow, PageSelection, RunSelection, RunState};

/// Rows that are looked at together, and errors in one answer.
const ROWS: u32 = 1_000;
const MOST: usize = 10_000;
/// Crawls in one answer.
const ACTIVE: u32 = 100;

pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let summary = job(&app, &caller, &id).await?;
    let over = || Refusal::new(StatusCode::CONFLICT, "JOB_ALREADY_COMPLETED", "Job is already completed");
    if summary.state.is_over() {
        return Err(over());
    }
    match app.deps.store.command(summary.run, Command::Cancel).await? {
        RunState::Cancelled => Ok(Json(json!({ "success": true, "status": "cancelled" }))),
        _ => Err(over()),
    }
}

pub async fn errors(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let run = job(&app, &caller, &id).await?.run;
    let (mut errors, mut blocked) = (Vec::new(), Vec::new());
    for outcome in ["failed", "cut"] {
        let mut after = None;
        while errors.len() + blocked.len() < MOST {
            let filter = PageFilter { outcome: Some(outcome.to_owned()), ..PageFilter::default() };
            let rows = app
                .deps
                .store
                .pages(PageSelection { run, after, filter, version: None, limit: ROWS })
                .await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.seq);
            for page in rows.into_iter().filter(|page| page.kind == Kind::Page && !is_document(page)) {
                match page.reason.as_deref().unwrap_or_default() {
                    "robots_denied" | "robots_unreachable" => blocked.push(page.url),
                    // What was left over is no error.
                    "cancelled" | "limit_pages" | "limit_bytes" | "limit_time" => {}
                    reason => errors.push(error(&page, ids::of_page(run, page.seq), reason)),
                }
            }
        }
    }
    Ok(Json(json!({ "success": true, "errors": errors, "robotsBlocked": blocked })))
}

fn error(page: &PageRow, id: String, reason: &str) -> Value {
    let code = match reason {
        "dns" => "SCRAPE_DNS_RESOLUTION_ERROR",
        "timeout" => "SCRAPE_TIMEOUT",
        "tls" => "SCRAPE_SSL_ERROR",
        "address_refused" => "SCRAPE_ADDRESS_REFUSED",
        _ => "SCRAPE_ALL_ENGINES_FAILED",
    };
    json!({ "id": id, "timestamp": page.fetched_at.to_rfc3339(), "url": page.url, "code": code, "error": reason })
}

pub async fn active(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let selection =
        RunSelection { tenant: Some(caller.tenant), unfinished: true, ..RunSelection::newest(ACTIVE) };
    let mut crawls = Vec::new();
    for summary in app.deps.store.runs(selection).await? {
        if summary.name.as_deref() != Some(crawl::NAME) {
            continue;
        }
        let job = app.deps.store.run(summary.run).await?.job;
        let url = job.seeds.urls.first().or(job.seeds.sitemaps.first()).cloned().unwrap_or_default();
        crawls.push(json!({
            "id": ids::of_run(summary.run),
            "teamId": caller.tenant.to_string(),
            "url": url,
            "created_at": summary.created_at.to_rfc3339(),
            "options": {
                "limit": job.limits.pages,
                "maxDiscoveryDepth": job.limits.depth,
                "includePaths": job.scope.include,
                "excludePaths": job.scope.exclude,
                "scrapeOptions": {},
            },
        }));
    }
    Ok(Json(json!({ "success": true, "crawls": crawls })))
}
