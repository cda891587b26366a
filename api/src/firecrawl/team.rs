//! What clients ask of their account. Nothing is billed here: the credits never end.

use super::error::Refusal;
use crate::app::App;
use crate::auth::Caller;
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

pub async fn concurrency(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let runs = unfinished(&app, &caller).await?;
    let most = caller.quotas.concurrent_runs.unwrap_or(MOST);
    Ok(Json(json!({ "success": true, "concurrency": runs.len(), "maxConcurrency": most })))
}

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

pub async fn credits(_: Caller) -> Json<Value> {
    Json(json!({ "success": true, "data": {
        "remainingCredits": PLENTY, "planCredits": PLENTY, "billingPeriodStart": null, "billingPeriodEnd": null,
    }}))
}

pub async fn tokens(_: Caller) -> Json<Value> {
    Json(json!({ "success": true, "data": {
        "remainingTokens": PLENTY, "planTokens": PLENTY, "billingPeriodStart": null, "billingPeriodEnd": null,
    }}))
}
