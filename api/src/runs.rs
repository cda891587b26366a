//! Runs: begin, list, read, pause, resume, cancel.

use crate::Deps;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use shared::ids::RunId;
use shared::job::Job;
use shared::ports::store::{Command, NewRun, RunSelection, RunState, RunSummary, Tally};
use std::sync::Arc;

/// The most runs in one answer.
const MOST: u32 = 100;

/// A run with what was counted by name, and its job.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    summary: RunSummary,
    tallies: Vec<Tally>,
    job: Arc<Job>,
}

pub async fn create(State(deps): State<Deps>, body: String) -> Result<impl IntoResponse, Problem> {
    let job = Arc::new(shared::job::from_json(&body)?);
    if job.seeds.file.is_some() || !job.outputs.is_empty() {
        let detail =
            "`seeds.file` and `outputs` name files of the server; send `seeds.urls` and read the records";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let run = deps.store.create_run(NewRun::of(job)).await?;
    let summary = deps.store.summary(run).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/v1/runs/{run}"))], Json(summary)))
}

#[derive(Deserialize)]
pub struct Page {
    before: Option<RunId>,
    limit: Option<u32>,
}

pub async fn list(
    State(deps): State<Deps>,
    Query(page): Query<Page>,
) -> Result<Json<serde_json::Value>, Problem> {
    let limit = page.limit.unwrap_or(MOST).clamp(1, MOST);
    let runs = deps.store.runs(RunSelection { before: page.before, ..RunSelection::newest(limit) }).await?;
    let next = runs.last().filter(|_| runs.len() == limit as usize).map(|run| run.run);
    Ok(Json(serde_json::json!({ "data": runs, "next_cursor": next })))
}

pub async fn read(State(deps): State<Deps>, Path(run): Path<RunId>) -> Result<Json<impl Serialize>, Problem> {
    let info = deps.store.run(run).await?;
    let tallies = deps.store.tallies(run).await?;
    Ok(Json(Whole { summary: info.summary, tallies, job: info.job }))
}

pub async fn pause(State(deps): State<Deps>, Path(run): Path<RunId>) -> Result<Json<NowIn>, Problem> {
    command(&deps, run, Command::Pause).await
}

pub async fn resume(State(deps): State<Deps>, Path(run): Path<RunId>) -> Result<Json<NowIn>, Problem> {
    command(&deps, run, Command::Resume).await
}

pub async fn cancel(State(deps): State<Deps>, Path(run): Path<RunId>) -> Result<Json<NowIn>, Problem> {
    command(&deps, run, Command::Cancel).await
}

/// The state after a command.
#[derive(Serialize)]
pub struct NowIn {
    state: RunState,
}

async fn command(deps: &Deps, run: RunId, command: Command) -> Result<Json<NowIn>, Problem> {
    Ok(Json(NowIn { state: deps.store.command(run, command).await? }))
}
