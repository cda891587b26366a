//! Versions of what was read from a run's pages: parsed again by other rules, compared, adopted, dropped.

use super::runs::owned;
use super::start;
use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::frame::extract::{Body, Path};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::ids::RunId;
use shared::job::{Extract, Job};
use shared::ports::store::control::{FieldDifference, NewReparse, ReparseInfo, ReparseState};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(reparse))
        .routes(routes!(list))
        .routes(routes!(read, discard))
        .routes(routes!(adopt))
}

/// How the stored pages are to be parsed again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewVersion {
    /// The rules, as `extract` of a job.
    #[schema(value_type = Object)]
    extract: Box<RawValue>,
    /// Only to look at: it does not become the current version by itself.
    #[serde(default)]
    dry_run: bool,
}

/// A version of what was read from a run's pages.
#[derive(Serialize, ToSchema)]
struct VersionView {
    /// The run.
    run: i64,
    /// Its number, from 1; 0 is the crawl's own.
    version: u32,
    /// `running` or `done`.
    #[schema(value_type = String)]
    state: ReparseState,
    /// It is what is read where no version is named.
    current: bool,
    /// It does not become current by itself.
    dry_run: bool,
    /// The version that it is compared with.
    base: u32,
    /// When it was begun.
    created_at: String,
    /// When it was done.
    ended_at: Option<String>,
    /// How much of it is done, from 0 to 1.
    progress: f64,
    /// Pages read again.
    pages: u64,
    /// Records.
    records: u64,
    /// Records that were kept apart.
    rejected: u64,
    /// How the fields differ from those of `base`, over records of the same page and place.
    differences: Vec<Difference>,
    /// The rules.
    #[schema(value_type = Object)]
    extract: Arc<Extract>,
}

/// How one field differs.
#[derive(Serialize, ToSchema)]
struct Difference {
    /// The field.
    field: String,
    /// Records in which it is the same.
    same: u64,
    /// Records in which it has another value.
    changed: u64,
    /// Records that had no value of it before.
    added: u64,
    /// Records that have none any more.
    removed: u64,
}

/// All versions but the crawl's own.
#[derive(Serialize, ToSchema)]
struct Versions {
    /// Newest first.
    data: Vec<VersionView>,
}

impl From<ReparseInfo> for VersionView {
    fn from(info: ReparseInfo) -> Self {
        VersionView {
            run: info.run.0,
            version: info.version,
            state: info.state,
            current: info.current,
            dry_run: info.dry_run,
            base: info.base,
            created_at: shown(info.created_at),
            ended_at: maybe(info.ended_at),
            progress: if info.parts == 0 { 1.0 } else { info.applied as f64 / info.parts as f64 },
            pages: info.pages,
            records: info.records,
            rejected: info.rejected,
            differences: info.differences.into_iter().map(Difference::from).collect(),
            extract: info.extract,
        }
    }
}

impl From<FieldDifference> for Difference {
    fn from(field: FieldDifference) -> Self {
        let FieldDifference { field, same, changed, added, removed } = field;
        Difference { field, same, changed, added, removed }
    }
}

/// Parse the stored pages of a run that is over again, by other rules. Nothing is fetched.
#[utoipa::path(post, path = "/v1/runs/{run}/reparse", tag = "versions", params(("run" = i64, Path)),
    request_body = NewVersion,
    responses((status = 202, description = "Begun; `Location` says where it can be watched.", body = VersionView)))]
async fn reparse(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Path(run): Path<RunId>,
    Body(new): Body<NewVersion>,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    let extract = rules(&app, &app.deps.store.run(run).await?.job, &new.extract)?;
    let begin = NewReparse { run, extract: Arc::new(extract), dry_run: new.dry_run, once: once.0 };
    let version = app.control().begin_reparse(begin).await?;
    start::hint(&app, run).await;
    let view = VersionView::from(app.control().reparse(run, version).await?);
    let place = format!("/v1/runs/{run}/versions/{version}");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(view)).into_response())
}

/// The rules in the place of the job's own, checked as a job's are.
fn rules(app: &App, job: &Job, extract: &RawValue) -> Result<Extract, Problem> {
    let malformed = |error: serde_json::Error| Problem::field("/extract", error.to_string());
    let extract: Extract = serde_json::from_str(extract.get()).map_err(malformed)?;
    let job = Job { extract: Some(extract), ..job.clone() };
    let document = serde_json::to_string(&job).map_err(malformed)?;
    let job = super::start::job(app, &document, "")?;
    Ok(job.extract.unwrap_or_default())
}

/// List the versions of what was read from a run's pages.
#[utoipa::path(get, path = "/v1/runs/{run}/versions", tag = "versions", params(("run" = i64, Path)),
    responses((status = 200, description = "All but the crawl's own.", body = Versions)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
) -> Result<Json<Versions>, Problem> {
    owned(&app, &caller, run).await?;
    let data = app.control().reparses(run).await?.into_iter().map(VersionView::from).collect();
    Ok(Json(Versions { data }))
}

/// Read a version: how far it is, and how it differs from the one before.
#[utoipa::path(get, path = "/v1/runs/{run}/versions/{version}", tag = "versions",
    params(("run" = i64, Path), ("version" = u32, Path)),
    responses((status = 200, description = "The version.", body = VersionView)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path((run, version)): Path<(RunId, u32)>,
) -> Result<Json<VersionView>, Problem> {
    owned(&app, &caller, run).await?;
    Ok(Json(app.control().reparse(run, version).await?.into()))
}

/// Make a version the current one; 0 goes back to the crawl's own.
#[utoipa::path(post, path = "/v1/runs/{run}/versions/{version}/adopt", tag = "versions",
    params(("run" = i64, Path), ("version" = u32, Path)),
    responses((status = 204, description = "It is current.")))]
async fn adopt(
    State(app): State<App>,
    caller: Caller,
    Path((run, version)): Path<(RunId, u32)>,
) -> Result<StatusCode, Problem> {
    owned(&app, &caller, run).await?;
    app.control().adopt(run, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forget a version that is not current.
#[utoipa::path(delete, path = "/v1/runs/{run}/versions/{version}", tag = "versions",
    params(("run" = i64, Path), ("version" = u32, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn discard(
    State(app): State<App>,
    caller: Caller,
    Path((run, version)): Path<(RunId, u32)>,
) -> Result<StatusCode, Problem> {
    owned(&app, &caller, run).await?;
    app.control().drop_reparse(run, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
