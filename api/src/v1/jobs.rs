//! Job definitions: keep, change, delete, run.

use super::runs::RunView;
use super::schedules::{ScheduleBody, ScheduleView};
use super::secrets;
use super::time::shown;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::frame::extract::{Body, Path, Query};
use crate::frame::listing::{Listing, Paging};
use crate::openapi::JobDocument;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::ids::{JobId, TenantId};
use shared::job::Job;
use shared::ports::store::control::{JobInfo, JobSummary, NewJob, Replaced};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, replace, delete))
        .routes(routes!(run))
}

/// A job definition to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobBody {
    /// What to harvest.
    #[schema(value_type = JobDocument)]
    job: Box<RawValue>,
    /// When it runs by itself.
    #[serde(default)]
    schedule: Option<ScheduleBody>,
}

/// A job definition without its document.
#[derive(Serialize, ToSchema)]
pub struct JobSummaryView {
    /// Its id.
    id: i64,
    /// Rises with every change; also the `ETag`.
    version: u64,
    /// The name in the document.
    name: Option<String>,
    /// When it was made.
    created_at: String,
    /// When it was last changed.
    updated_at: String,
    /// When it runs by itself.
    schedule: Option<ScheduleView>,
    /// Its newest run.
    last_run: Option<i64>,
}

/// A job definition.
#[derive(Serialize, ToSchema)]
pub struct JobView {
    #[serde(flatten)]
    summary: JobSummaryView,
    /// What is harvested; `[redacted]` stands for values of headers and cookies, and for passwords. Where a change
    /// has that, what is kept stays.
    #[schema(value_type = JobDocument)]
    job: Arc<Job>,
}

impl From<JobSummary> for JobSummaryView {
    fn from(job: JobSummary) -> Self {
        JobSummaryView {
            id: job.id.0,
            version: job.version,
            name: job.name,
            created_at: shown(job.created_at),
            updated_at: shown(job.updated_at),
            schedule: job.schedule.map(|schedule| ScheduleView::of(schedule, job.next)),
            last_run: job.last_run.map(|run| run.0),
        }
    }
}

fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

fn answer(status: StatusCode, info: JobInfo) -> Response {
    let place = format!("/v1/jobs/{}", info.summary.id);
    let headers = [(header::ETAG, etag(info.summary.version)), (header::LOCATION, place)];
    (status, headers, Json(JobView { summary: info.summary.into(), job: secrets::redacted(&info.job) }))
        .into_response()
}

/// A definition to be kept, in the place of `old`, if there is one.
fn new_job(
    app: &App,
    tenant: TenantId,
    old: Option<&JobInfo>,
    body: JobBody,
    once: Once,
) -> Result<NewJob, Problem> {
    let mut job = super::start::job(app, body.job.get(), "/job")?;
    secrets::restore(&mut job, old.map(|old| &*old.job), "/job")?;
    let (job, id) = (Arc::new(job), old.map_or(JobId(0), |old| old.summary.id));
    let now = app.deps.clock.now();
    let schedule = body.schedule.map(|schedule| schedule.plan(id, now)).transpose()?;
    Ok(NewJob { tenant, job, schedule, once: once.0.map(|key| format!("job {key}")) })
}

/// Keep a job definition.
#[utoipa::path(post, path = "/v1/jobs", tag = "jobs", request_body = JobBody,
    responses((status = 201, description = "Kept.", body = JobView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Body(body): Body<JobBody>,
) -> Result<Response, Problem> {
    let new = new_job(&app, caller.tenant, None, body, once)?;
    Ok(answer(StatusCode::CREATED, app.control().create_job(new).await?))
}

/// List job definitions, newest first.
#[utoipa::path(get, path = "/v1/jobs", tag = "jobs", params(Paging),
    responses((status = 200, description = "A page.", body = Listing<JobSummaryView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    let asked = paging.of(&app, format!("jobs of {}", caller.tenant), &uri)?;
    let rows = app.control().jobs(caller.tenant, asked.place, asked.limit).await?;
    Ok(asked.answer(rows, |job| job.id, JobSummaryView::from))
}

/// Read a job definition.
#[utoipa::path(get, path = "/v1/jobs/{job}", tag = "jobs", params(("job" = i64, Path)),
    responses((status = 200, description = "The definition.", body = JobView),
              (status = 304, description = "It is as `If-None-Match` says.")))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let info = app.control().job(caller.tenant, job).await?;
    let tag = etag(info.summary.version);
    if names(&headers, header::IF_NONE_MATCH, &tag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(answer(StatusCode::OK, info))
}

/// Put another definition in its place. With `If-Match`, only if it is still that one.
#[utoipa::path(put, path = "/v1/jobs/{job}", tag = "jobs", params(("job" = i64, Path)), request_body = JobBody,
    responses((status = 200, description = "Replaced.", body = JobView)))]
async fn replace(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
    headers: HeaderMap,
    Body(body): Body<JobBody>,
) -> Result<Response, Problem> {
    let version = expected(&app, &caller, job, &headers).await?;
    let old = app.control().job(caller.tenant, job).await?;
    let new = new_job(&app, caller.tenant, Some(&old), body, Once::default())?;
    match app.control().replace_job(job, version, new).await? {
        Replaced::Done(info) => Ok(answer(StatusCode::OK, info)),
        Replaced::Changed(version) => Err(changed(version)),
    }
}

/// Delete a job definition and its schedule. Its runs stay.
#[utoipa::path(delete, path = "/v1/jobs/{job}", tag = "jobs", params(("job" = i64, Path)),
    responses((status = 204, description = "Deleted.")))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let version = expected(&app, &caller, job, &headers).await?;
    match app.control().delete_job(caller.tenant, job, version).await? {
        Replaced::Done(()) => Ok(StatusCode::NO_CONTENT),
        Replaced::Changed(version) => Err(changed(version)),
    }
}

/// Run a job now.
#[utoipa::path(post, path = "/v1/jobs/{job}/runs", tag = "jobs", params(("job" = i64, Path)),
    responses((status = 201, description = "The run has begun.", body = RunView)))]
async fn run(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Path(job): Path<JobId>,
) -> Result<Response, Problem> {
    let info = app.control().job(caller.tenant, job).await?;
    let run = super::start::run(&app, &caller, once, Some(job), info.job).await?;
    super::runs::begun(&app, run).await
}

/// Whether a conditional header names this tag; None: there is no such header.
fn names(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> Option<bool> {
    let all = headers.get(name)?.to_str().unwrap_or_default();
    Some(all.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag))
}

/// The version that a change expects by `If-Match`, which is the present one.
async fn expected(
    app: &App,
    caller: &Caller,
    job: JobId,
    headers: &HeaderMap,
) -> Result<Option<u64>, Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    let version = app.control().job(caller.tenant, job).await?.summary.version;
    match names(headers, header::IF_MATCH, &etag(version)) {
        Some(true) => Ok(Some(version)),
        _ => Err(changed(version)),
    }
}

fn changed(version: u64) -> Problem {
    let detail = format!("the job has changed; it has version {version} now");
    Problem::new(StatusCode::PRECONDITION_FAILED, detail)
        .and("header:If-Match", "names another version")
        .header(header::ETAG, etag(version))
}
