//! Runs: begin, list, read, pause, resume, cancel, compare.

use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::frame::extract::{Body, Path, Query};
use crate::frame::listing::{Asked, Listing};
use crate::openapi::JobDocument;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::clock::Timestamp;
use shared::ids::{JobId, RunId, TenantId};
use shared::job::Job;
use shared::ports::store::control::Change;
use shared::ports::store::{Command, RunSelection, RunState, RunSummary, Tally, TallyKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(compare))
        .routes(routes!(changes))
}

/// A run.
#[derive(Clone, Serialize, ToSchema)]
pub struct RunView {
    /// Its id.
    id: i64,
    /// The job definition that it is of; null: of none that is kept.
    job_id: Option<i64>,
    /// The name in the job.
    name: Option<String>,
    /// Where it stands.
    state: Standing,
    /// Somebody waits for it.
    urgent: bool,
    /// When it began.
    created_at: String,
    /// When it ended.
    ended_at: Option<String>,
    /// What was counted.
    counts: Counts,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RunState)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its seeds are being admitted.
    Seeding,
    /// Under way.
    Running,
    /// Under way, but nothing is fetched.
    Paused,
    /// Over: all that was admitted is closed.
    Done,
    /// Over: somebody said so.
    Cancelled,
}

/// What was counted in a run.
#[derive(Clone, Serialize, ToSchema)]
pub struct Counts {
    /// URLs admitted, with what the program itself admits (robots.txt, the list of seeds).
    admitted: u64,
    /// URLs closed, whatever their ending.
    closed: u64,
    /// Pages fetched.
    pages: u64,
    /// Pages that failed.
    failed: u64,
    /// Redirects.
    redirected: u64,
    /// URLs closed without a request.
    cut: u64,
    /// Bytes received.
    bytes: u64,
    /// Records.
    records: u64,
    /// Records that were kept apart.
    rejected: u64,
}

/// A run with all that was counted by name, and its job.
#[derive(Serialize, ToSchema)]
pub struct RunDetail {
    #[serde(flatten)]
    run: RunView,
    /// Pages a second, from its beginning to its end or to now.
    pages_per_second: f64,
    /// Bytes a second.
    bytes_per_second: f64,
    /// What was counted by name.
    tallies: Tallies,
    /// What is harvested: the run's own copy, `[redacted]` in the place of secrets.
    #[schema(value_type = JobDocument)]
    job: Arc<Job>,
}

/// What was counted by name.
#[derive(Default, Serialize, ToSchema)]
pub struct Tallies {
    /// Answers by HTTP status.
    status: BTreeMap<String, u64>,
    /// Failed URLs by reason.
    failed: BTreeMap<String, u64>,
    /// URLs that were admitted and not asked for, by reason.
    cut: BTreeMap<String, u64>,
    /// Links that were not admitted, by reason: scope, robots, traps, limits.
    refused: BTreeMap<String, u64>,
    /// Records that were kept apart, by reason.
    rejected: BTreeMap<String, u64>,
}

impl From<RunSummary> for RunView {
    fn from(run: RunSummary) -> Self {
        let counts = run.counts;
        RunView {
            id: run.run.0,
            job_id: run.job_id.map(|job| job.0),
            name: run.name,
            state: match run.state {
                RunState::Seeding => Standing::Seeding,
                RunState::Running => Standing::Running,
                RunState::Paused => Standing::Paused,
                RunState::Done => Standing::Done,
                RunState::Cancelled => Standing::Cancelled,
            },
            urgent: run.urgent,
            created_at: shown(run.created_at),
            ended_at: maybe(run.ended_at),
            counts: Counts {
                admitted: counts.admitted,
                closed: counts.closed,
                pages: counts.pages,
                failed: counts.failed,
                redirected: counts.redirected,
                cut: counts.cut,
                bytes: counts.bytes,
                records: counts.records,
                rejected: counts.rejected,
            },
        }
    }
}

impl From<Vec<Tally>> for Tallies {
    fn from(all: Vec<Tally>) -> Self {
        let mut tallies = Tallies::default();
        for tally in all {
            let room = match tally.kind {
                TallyKind::Status => &mut tallies.status,
                TallyKind::Failed => &mut tallies.failed,
                TallyKind::Cut => &mut tallies.cut,
                TallyKind::Refused => &mut tallies.refused,
                TallyKind::Rejected => &mut tallies.rejected,
            };
            room.insert(tally.key, tally.count);
        }
        tallies
    }
}

/// Whose runs are: that never changes, and every read of what a run has asks for it.
#[derive(Default)]
pub struct Owners(Mutex<HashMap<RunId, TenantId>>);

/// Runs remembered.
const OWNED: usize = 10_000;

impl Owners {
    fn of(&self, run: RunId) -> Option<TenantId> {
        self.0.lock().get(&run).copied()
    }

    fn note(&self, summary: &RunSummary) {
        let mut owners = self.0.lock();
        if owners.len() >= OWNED {
            owners.clear();
        }
        owners.insert(summary.run, summary.tenant);
    }
}

/// Whether a run is of whoever calls.
///
/// # Errors
/// 404 for another tenant's.
pub async fn owned(app: &App, caller: &Caller, run: RunId) -> Result<(), Problem> {
    match app.owners.of(run) {
        Some(owner) if owner == caller.tenant => Ok(()),
        Some(_) => Err(Problem::missing(format!("run {run}"))),
        None => own(app, caller, run).await.map(drop),
    }
}

/// A run of whoever calls.
///
/// # Errors
/// 404 for another tenant's.
pub async fn own(app: &App, caller: &Caller, run: RunId) -> Result<RunSummary, Problem> {
    let summary = app.deps.store.summary(run).await?;
    app.owners.note(&summary);
    let is_own = summary.tenant == caller.tenant;
    is_own.then_some(summary).ok_or_else(|| Problem::missing(format!("run {run}")))
}

/// The answer that a run has begun.
///
/// # Errors
/// What the store says.
pub async fn begun(app: &App, run: RunId) -> Result<Response, Problem> {
    let view = RunView::from(app.deps.store.summary(run).await?);
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/v1/runs/{run}"))], Json(view)).into_response())
}

/// Begin a run of a job that is not kept.
#[utoipa::path(post, path = "/v1/runs", tag = "runs", request_body = JobDocument,
    responses((status = 201, description = "The run has begun.", body = RunView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Body(body): Body<Box<RawValue>>,
) -> Result<Response, Problem> {
    let mut job = super::start::job(&app, body.get(), "")?;
    super::secrets::restore(&mut job, None, "")?;
    let job = Arc::new(job);
    let run = super::start::run(&app, &caller, once, None, job).await?;
    begun(&app, run).await
}

/// Which runs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Of this job definition.
    job_id: Option<i64>,
    /// Only those that are not over.
    #[serde(default)]
    unfinished: bool,
    /// `next_cursor` of the last page.
    cursor: Option<String>,
    /// Rows in the answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// List runs, newest first.
#[utoipa::path(get, path = "/v1/runs", tag = "runs", params(Which),
    responses((status = 200, description = "A page.", body = Listing<RunView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let list = format!("runs of {} {:?} {}", caller.tenant, which.job_id, which.unfinished);
    let asked = Asked::of(&app, list, &uri, which.cursor.as_deref(), which.limit)?;
    let selection = RunSelection {
        tenant: Some(caller.tenant),
        job_id: which.job_id.map(JobId),
        unfinished: which.unfinished,
        before: asked.place,
        limit: asked.limit,
    };
    let rows = app.deps.store.runs(selection).await?;
    Ok(asked.answer(rows, |run| run.run, RunView::from))
}

/// Read a run.
#[utoipa::path(get, path = "/v1/runs/{run}", tag = "runs", params(("run" = i64, Path)),
    responses((status = 200, description = "The run.", body = RunDetail),
              (status = 304, description = "It is as `If-None-Match` says.")))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    let info = app.deps.store.run(run).await?;
    let summary = info.summary;
    let (end, counts) = (summary.ended_at, summary.counts);
    let tag = format!("W/\"{}-{}-{:?}\"", counts.admitted, counts.closed, summary.state);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let took = end.unwrap_or_else(|| app.deps.clock.now()).since(summary.created_at).as_secs_f64();
    let rate = |n: u64| if took > 0.0 { (n as f64 / took * 1000.0).round() / 1000.0 } else { 0.0 };
    let detail = RunDetail {
        run: summary.into(),
        pages_per_second: rate(counts.pages),
        bytes_per_second: rate(counts.bytes),
        tallies: app.deps.store.tallies(run).await?.into(),
        job: super::secrets::redacted(&info.job),
    };
    Ok(([(header::ETAG, tag)], Json(detail)).into_response())
}

/// Pause a run: nothing of it is fetched until it is resumed.
#[utoipa::path(post, path = "/v1/runs/{run}/pause", tag = "runs", params(("run" = i64, Path)),
    responses((status = 200, description = "The run.", body = RunView)))]
async fn pause(app: State<App>, caller: Caller, run: Path<RunId>) -> Result<Json<RunView>, Problem> {
    command(app, caller, run, Command::Pause, |state| !state.is_over()).await
}

/// Resume a paused run.
#[utoipa::path(post, path = "/v1/runs/{run}/resume", tag = "runs", params(("run" = i64, Path)),
    responses((status = 200, description = "The run.", body = RunView)))]
async fn resume(app: State<App>, caller: Caller, run: Path<RunId>) -> Result<Json<RunView>, Problem> {
    command(app, caller, run, Command::Resume, |state| !state.is_over()).await
}

/// End a run at once. What it has stays.
#[utoipa::path(post, path = "/v1/runs/{run}/cancel", tag = "runs", params(("run" = i64, Path)),
    responses((status = 200, description = "The run.", body = RunView)))]
async fn cancel(app: State<App>, caller: Caller, run: Path<RunId>) -> Result<Json<RunView>, Problem> {
    command(app, caller, run, Command::Cancel, |state| state != RunState::Done).await
}

async fn command(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    command: Command,
    fits: impl Fn(RunState) -> bool,
) -> Result<Json<RunView>, Problem> {
    let before = own(&app, &caller, run).await?;
    if !fits(before.state) {
        return Err(Problem::new(StatusCode::CONFLICT, "the run is over"));
    }
    app.deps.store.command(run, command).await?;
    Ok(Json(app.deps.store.summary(run).await?.into()))
}

/// Which runs are compared.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Base {
    /// The older run; without it, the last run of the same job that was over.
    base: Option<i64>,
}

/// How many pages are new, changed, the same or gone.
#[derive(Serialize, ToSchema)]
struct ComparisonView {
    /// The run.
    run: i64,
    /// The older run.
    base: i64,
    /// Pages that were not there before.
    new: u64,
    /// Pages with another body.
    changed: u64,
    /// Pages with the same body.
    same: u64,
    /// Pages that are not there any more.
    gone: u64,
}

async fn base_of(app: &App, caller: &Caller, run: RunId, base: Option<i64>) -> Result<RunId, Problem> {
    let summary = own(app, caller, run).await?;
    if let Some(base) = base {
        return Ok(own(app, caller, RunId(base)).await?.run);
    }
    let before = match summary.job_id {
        Some(job) => app.control().run_before(caller.tenant, job, run).await?,
        None => None,
    };
    before.ok_or_else(|| Problem::missing("run of this job before it; name one as `base`"))
}

/// Compare a run with an older one.
#[utoipa::path(get, path = "/v1/runs/{run}/comparison", tag = "runs", params(("run" = i64, Path), Base),
    responses((status = 200, description = "The comparison.", body = ComparisonView)))]
async fn compare(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    Query(which): Query<Base>,
) -> Result<Json<ComparisonView>, Problem> {
    let base = base_of(&app, &caller, run, which.base).await?;
    let found = app.control().compare(run, base).await?;
    Ok(Json(ComparisonView {
        run: run.0,
        base: base.0,
        new: found.new,
        changed: found.changed,
        same: found.same,
        gone: found.gone,
    }))
}

/// Which pages.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// The older run; without it, the last run of the same job that was over.
    base: Option<i64>,
    /// What became of the pages.
    #[param(inline)]
    change: ChangeKind,
    /// `next_cursor` of the last page.
    cursor: Option<String>,
    /// Rows in the answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChangeKind {
    New,
    Changed,
    Same,
    Gone,
}

/// A page that changed.
#[derive(Serialize, ToSchema)]
struct ChangedPageView {
    /// Its place; of a page that is gone, in the older run.
    seq: u64,
    /// Its URL.
    url: String,
}

/// List the pages that are new, changed, the same or gone.
#[utoipa::path(get, path = "/v1/runs/{run}/changes", tag = "runs", params(("run" = i64, Path), Changes),
    responses((status = 200, description = "A page.", body = Listing<ChangedPageView>)))]
async fn changes(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    uri: Uri,
    Query(which): Query<Changes>,
) -> Result<Response, Problem> {
    let base = base_of(&app, &caller, run, which.base).await?;
    let list = format!("changes of {run} since {base} {:?}", which.change);
    let change = match which.change {
        ChangeKind::New => Change::New,
        ChangeKind::Changed => Change::Changed,
        ChangeKind::Same => Change::Same,
        ChangeKind::Gone => Change::Gone,
    };
    let asked = Asked::of(&app, list, &uri, which.cursor.as_deref(), which.limit)?;
    let rows = app.control().changes(run, base, change, asked.place, asked.limit).await?;
    let view =
        |page: shared::ports::store::control::ChangedPage| ChangedPageView { seq: page.seq, url: page.url };
    Ok(asked.answer(rows, |page| page.seq, view))
}

/// The moment of a snapshot, for `events`.
pub fn snapshot(summary: RunSummary, at: Timestamp) -> serde_json::Value {
    let mut value = serde_json::to_value(RunView::from(summary)).unwrap_or_default();
    value["at"] = shown(at).into();
    value
}
