//! When jobs run by themselves.

use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::{Path, Query};
use crate::frame::listing::{Listing, Paging};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::ids::JobId;
use shared::ports::store::control::{Fired, Firing};
use shared::schedule::{Missed, Planned, Schedule};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pause)).routes(routes!(resume)).routes(routes!(firings))
}

/// When a job runs by itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleBody {
    /// Minute, hour, day, month and weekday: `30 4 * * 1-5`; or `@daily` and the like.
    #[schema(max_length = 200, example = "30 4 * * 1-5")]
    cron: String,
    /// The IANA time zone in which they are read.
    #[serde(default = "utc")]
    #[schema(default = "UTC", example = "Europe/Berlin")]
    timezone: String,
    /// A run begins up to so many seconds after its time.
    #[serde(default)]
    #[schema(maximum = 86400)]
    jitter_seconds: u32,
    /// What becomes of times that went by while nobody was there.
    #[serde(default)]
    missed: MissedTimes,
    /// Whether a run may begin while another one of the job is unfinished.
    #[serde(default)]
    overlap: bool,
    /// No runs for now.
    #[serde(default)]
    paused: bool,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What becomes of times that went by while nobody was there.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissedTimes {
    /// One run makes up for all of them.
    #[default]
    RunOnce,
    /// None does.
    Skip,
}

impl ScheduleBody {
    /// The schedule, and its first time after `now`.
    ///
    /// # Errors
    /// A problem that names the field.
    pub fn plan(self, job: JobId, now: Timestamp) -> Result<(Schedule, Option<Planned>), Problem> {
        let schedule = Schedule {
            cron: self.cron,
            timezone: self.timezone,
            jitter_seconds: self.jitter_seconds,
            missed: match self.missed {
                MissedTimes::RunOnce => Missed::RunOnce,
                MissedTimes::Skip => Missed::Skip,
            },
            overlap: self.overlap,
            paused: self.paused,
        };
        let wrong = |bad: shared::schedule::BadSchedule| {
            Problem::field(format!("/schedule/{}", bad.field), bad.message)
        };
        schedule.check(now).map_err(wrong)?;
        let next = schedule.next(job, now).map_err(wrong)?;
        Ok((schedule, next))
    }
}

/// When a job runs by itself.
#[derive(Serialize, ToSchema)]
pub struct ScheduleView {
    /// The pattern.
    cron: String,
    /// The time zone.
    timezone: String,
    /// The longest that a run begins after its time.
    jitter_seconds: u32,
    /// What becomes of missed times.
    missed: MissedTimes,
    /// Whether runs may overlap.
    overlap: bool,
    /// No runs for now.
    paused: bool,
    /// The next run's time, jitter included.
    next_at: Option<String>,
}

impl ScheduleView {
    /// As it is shown.
    pub fn of(schedule: Schedule, next: Option<Planned>) -> Self {
        ScheduleView {
            cron: schedule.cron,
            timezone: schedule.timezone,
            jitter_seconds: schedule.jitter_seconds,
            missed: match schedule.missed {
                Missed::RunOnce => MissedTimes::RunOnce,
                Missed::Skip => MissedTimes::Skip,
            },
            overlap: schedule.overlap,
            paused: schedule.paused,
            next_at: maybe(next.map(|next| next.at)),
        }
    }
}

/// Pause a job's schedule. Runs under way go on.
#[utoipa::path(post, path = "/v1/jobs/{job}/schedule/pause", tag = "jobs", params(("job" = i64, Path)),
    responses((status = 200, description = "Paused.", body = ScheduleView)))]
async fn pause(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
) -> Result<Json<ScheduleView>, Problem> {
    set(&app, &caller, job, true).await
}

/// Resume a job's schedule. Times that went by meanwhile are not made up for.
#[utoipa::path(post, path = "/v1/jobs/{job}/schedule/resume", tag = "jobs", params(("job" = i64, Path)),
    responses((status = 200, description = "Resumed.", body = ScheduleView)))]
async fn resume(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
) -> Result<Json<ScheduleView>, Problem> {
    set(&app, &caller, job, false).await
}

async fn set(app: &App, caller: &Caller, job: JobId, paused: bool) -> Result<Json<ScheduleView>, Problem> {
    let info = app.control().job(caller.tenant, job).await?;
    let missing = || Problem::missing(format!("schedule of job {job}"));
    let schedule = info.summary.schedule.ok_or_else(missing)?;
    let next = schedule.next(job, app.deps.clock.now()).map_err(|_| missing())?;
    app.control().pause_schedule(caller.tenant, job, paused, next).await?;
    let summary = app.control().job(caller.tenant, job).await?.summary;
    let schedule = summary.schedule.ok_or_else(missing)?;
    Ok(Json(ScheduleView::of(schedule, summary.next)))
}

/// What came of a due time.
#[derive(Serialize, ToSchema)]
pub struct FiringView {
    /// The time that the pattern names.
    due: String,
    /// When it was acted on.
    at: String,
    /// `run`, `overlap` (the last run was not over), `exhausted` (the tenant's quota) or `missed`.
    outcome: &'static str,
    /// The run that began.
    run: Option<i64>,
}

impl From<Firing> for FiringView {
    fn from(firing: Firing) -> Self {
        let (outcome, run) = match firing.outcome {
            Fired::Run(run) => ("run", Some(run.0)),
            Fired::Overlaps => ("overlap", None),
            Fired::Exhausted => ("exhausted", None),
            Fired::Missed | Fired::Gone => ("missed", None),
        };
        FiringView { due: shown(firing.due), at: shown(firing.at), outcome, run }
    }
}

/// List what came of a job's due times, newest first.
#[utoipa::path(get, path = "/v1/jobs/{job}/firings", tag = "jobs", params(("job" = i64, Path), Paging),
    responses((status = 200, description = "A page.", body = Listing<FiringView>)))]
async fn firings(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
    uri: Uri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    app.control().job(caller.tenant, job).await?;
    let asked = paging.of(&app, format!("firings of {}/{job}", caller.tenant), &uri)?;
    let rows = app.control().firings(caller.tenant, job, asked.place.map(Timestamp), asked.limit).await?;
    Ok(asked.answer(rows, |firing| firing.due.0, FiringView::from))
}
