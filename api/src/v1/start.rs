//! What must hold before a run begins: the job is one for a server, and the tenant has room for it.

use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::problem::Problem;
use axum::http::{StatusCode, header};
use shared::ids::{JobId, RunId};
use shared::job::{Job, JobError};
use shared::messages::{self, Hint, Paced};
use shared::ports::Lane;
use shared::ports::store::NewRun;
use shared::ports::store::control::Beside;
use std::sync::Arc;
use std::time::Duration;

/// The most seeds in a job.
const SEEDS: usize = 100_000;

/// How long a hint to the dispatcher may take.
const HINT: Duration = Duration::from_millis(500);

/// A job from a document below `prefix` in the request's body.
///
/// # Errors
/// A problem that names the field.
pub fn job(app: &App, document: &str, prefix: &str) -> Result<Job, Problem> {
    fit(app, shared::job::from_json(document), prefix)
}

/// A job from a document in YAML or JSON.
///
/// # Errors
/// A problem that names the field.
pub fn job_of_text(app: &App, text: &str) -> Result<Job, Problem> {
    let is_json = text.trim_start().starts_with('{');
    let job = if is_json { shared::job::from_json(text) } else { shared::job::from_yaml(text) };
    fit(app, job, "")
}

/// A job that a server can run.
fn fit(app: &App, job: Result<Job, JobError>, prefix: &str) -> Result<Job, Problem> {
    let job = job.map_err(|error| Problem::of_job(error, prefix))?;
    let problems = (app.deps.check)(&job);
    if !problems.is_empty() {
        return Err(Problem::of_job(JobError::Invalid(problems), prefix));
    }
    let server = "names a file of the server; it is for `harvestman crawl`";
    if job.seeds.file.is_some() {
        return Err(Problem::field(format!("{prefix}/seeds/file"), server));
    }
    if !job.outputs.is_empty() {
        return Err(Problem::field(format!("{prefix}/outputs"), server));
    }
    if job.seeds.urls.len() + job.seeds.sitemaps.len() > SEEDS {
        return Err(Problem::field(format!("{prefix}/seeds"), format!("at most {SEEDS}")));
    }
    Ok(job)
}

/// Begins a run of a job for whoever calls, within the tenant's quotas.
///
/// # Errors
/// 429 where they are used up.
pub async fn run(
    app: &App,
    caller: &Caller,
    once: Once,
    job_id: Option<JobId>,
    job: Arc<Job>,
) -> Result<RunId, Problem> {
    begin(app, caller, once, job_id, job, How::default()).await
}

/// Begins a run with what is beside it.
///
/// # Errors
/// As [`run`].
pub async fn beside(
    app: &App,
    caller: &Caller,
    once: Once,
    job: Arc<Job>,
    beside: Beside,
) -> Result<RunId, Problem> {
    begin(app, caller, once, None, job, How { beside: Some(beside), ..How::default() }).await
}

/// Begins a run that somebody waits for: it goes first, and stores at once.
///
/// # Errors
/// As [`run`].
pub async fn urgent(app: &App, caller: &Caller, once: Once, job: Arc<Job>) -> Result<RunId, Problem> {
    begin(app, caller, once, None, job, How { urgent: true, ..How::default() }).await
}

/// How a run begins.
#[derive(Default)]
struct How {
    urgent: bool,
    beside: Option<Beside>,
}

async fn begin(
    app: &App,
    caller: &Caller,
    once: Once,
    job_id: Option<JobId>,
    job: Arc<Job>,
    how: How,
) -> Result<RunId, Problem> {
    let job = within_quotas(app, caller, job).await?;
    let new = NewRun {
        urgent: how.urgent,
        tenant: caller.tenant,
        job_id,
        once: once.0.map(|key| format!("run {key}")),
        most_unfinished: caller.quotas.concurrent_runs,
        ..NewRun::of(job)
    };
    let run = match how.beside {
        Some(beside) => app.control().begin_run(new, beside).await?,
        None => app.deps.store.create_run(new).await?,
    };
    hint(app, run).await;
    Ok(run)
}

/// Tells a dispatcher that a run has work. Without it that is seen a moment later, so a broker that is away holds up no answer.
pub async fn hint(app: &App, run: RunId) {
    let hint = messages::encode(&Paced::Hint(Hint { run }));
    match tokio::time::timeout(HINT, app.deps.queue.publish(&Lane::Paced, vec![hint])).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, %run, "no hint"),
        Err(_) => tracing::debug!(%run, "no hint within {HINT:?}"),
    }
}

/// The job with no more pages and bytes than the tenant has left.
async fn within_quotas(app: &App, caller: &Caller, mut job: Arc<Job>) -> Result<Arc<Job>, Problem> {
    let quotas = &caller.quotas;
    if quotas.pages_per_day.is_none() && quotas.storage_bytes.is_none() {
        return Ok(job);
    }
    let usage = app.control().usage(caller.tenant).await?;
    let limits = &mut Arc::make_mut(&mut job).limits;
    if let Some(most) = quotas.pages_per_day {
        let left = left(most, usage.pages_per_day, "pages a day")?;
        limits.pages = Some(limits.pages.map_or(left, |own| own.min(left)));
    }
    if let Some(most) = quotas.storage_bytes {
        let left = left(most, usage.storage_bytes, "bytes of storage")?;
        let own = limits.bytes.map_or(left, |own| own.0.min(left));
        limits.bytes = Some(shared::job::ByteSize(own));
    }
    Ok(job)
}

fn left(most: u64, used: u64, what: &str) -> Result<u64, Problem> {
    most.checked_sub(used).filter(|left| *left > 0).ok_or_else(|| {
        let detail = format!("the tenant's {most} {what} are used up");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).header(header::RETRY_AFTER, "3600")
    })
}
