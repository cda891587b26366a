//! What clients ask of their account. Nothing is billed here: the credits never end.

use super::error::Refusal;
use crate::app::App;
use crate::auth::Caller;
use crate::openapi::Team;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use shared::ports::store::{RunSelection, RunState, RunSummary};

/// Runs that are counted.
const MOST: u32 = 1_000;
/// What is said where nothing is limited.
const PLENTY: u32 = 1_000_000;

async fn unfinished(app: &App, caller: &Caller) -> Result<Vec<RunSummary>, Refusal> {
    let selection =
        RunSelection { tenant: Some(caller.tenant), unfinished: true, ..RunSelection::newest(MOST) };
    Ok(app.deps.store.runs(selection).await?)
}

/// Jobs that are under way, and how many may be.
#[utoipa::path(get, path = "/v2/concurrency-check", tag = "v2", operation_id = "v2_concurrency",
    responses((status = 200, description = "It.", body = Team)))]
pub async fn concurrency(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let runs = unfinished(&app, &caller).await?;
    let most = caller.quotas.concurrent_runs.unwrap_or(MOST);
    Ok(Json(json!({ "success": true, "concurrency": runs.len(), "maxConcurrency": most })))
}

/// How many jobs are under way.
#[utoipa::path(get, path = "/v2/team/queue-status", tag = "v2", operation_id = "v2_queue",
    responses((status = 200, description = "It.", body = Team)))]
pub async fn queue(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let runs = unfinished(&app, &caller).await?;
    let waiting = runs.iter().filter(|run| run.state == RunState::Seeding).count();
    Ok(Json(json!({
        "success": true,
        "jobsInQueue": runs.len(),
        "activeJobsInQueue": runs.len() - waiting,
        "waitingJobsInQueue": waiting,
        "maxConcurrency": caller.quotas.concurrent_runs.unwrap_or(MOST),
        "mostRecentSuccess": null,
    })))
}

/// Credits; nothing is billed here.
#[utoipa::path(get, path = "/v2/team/credit-usage", tag = "v2", operation_id = "v2_credits",
    responses((status = 200, description = "It.", body = Team)))]
pub async fn credits(_: Caller) -> Json<Value> {
    Json(json!({ "success": true, "data": {
        "remainingCredits": PLENTY, "planCredits": PLENTY, "billingPeriodStart": null, "billingPeriodEnd": null,
    }}))
}

/// Tokens; nothing is billed here.
#[utoipa::path(get, path = "/v2/team/token-usage", tag = "v2", operation_id = "v2_tokens",
    responses((status = 200, description = "It.", body = Team)))]
pub async fn tokens(_: Caller) -> Json<Value> {
    Json(json!({ "success": true, "data": {
        "remainingTokens": PLENTY, "planTokens": PLENTY, "billingPeriodStart": null, "billingPeriodEnd": null,
    }}))
}
