//! Ending a crawl or a batch, what went wrong in it, and which crawls are under way.

use super::error::Refusal;
use super::parts::job;
use crate::app::App;
use crate::auth::Caller;
use crate::openapi::Active;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::firecrawl::{CRAWL, ids, is_document};
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
    let job = job(&app, &caller, &id).await?;
    let over = || Refusal::new(StatusCode::CONFLICT, "JOB_ALREADY_COMPLETED", "Job is already completed");
    let mut is_cancelled = false;
    for part in job.open() {
        let state = app.deps.store.command(part.run, Command::Cancel).await?;
        is_cancelled |= state == RunState::Cancelled;
    }
    if is_cancelled { Ok(Json(json!({ "success": true, "status": "cancelled" }))) } else { Err(over()) }
}

pub async fn errors(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = job(&app, &caller, &id).await?;
    let (mut errors, mut blocked) = (Vec::new(), Vec::new());
    let outcomes = job.all().iter().flat_map(|part| [(part.run, "failed"), (part.run, "cut")]);
    for (run, outcome) in outcomes {
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

/// The crawls that are under way.
#[utoipa::path(get, path = "/v2/crawl/active", tag = "v2", operation_id = "v2_active",
    responses((status = 200, description = "They.", body = Active)))]
pub async fn active(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let selection =
        RunSelection { tenant: Some(caller.tenant), unfinished: true, ..RunSelection::newest(ACTIVE) };
    let mut crawls = Vec::new();
    for summary in app.deps.store.runs(selection).await? {
        if summary.name.as_deref() != Some(CRAWL) {
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
