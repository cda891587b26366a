//! A job is a run, and a batch may have been appended to: then it is several.

use super::error::Refusal;
use crate::app::App;
use crate::auth::Caller;
use crate::v1::runs::own;
use shared::clock::Timestamp;
use shared::firecrawl::{BATCH, CRAWL, ids};
use shared::ids::RunId;
use shared::ports::store::{RunState, RunSummary};
use std::time::Duration;

/// How long a job is kept after its end, as far as the clients are told. Its run stays (`/v1/runs`).
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Times that a batch can be appended to.
pub const MOST: u32 = 100;

/// The runs of a job; the first one gave it its id.
pub struct Parts(Vec<RunSummary>);

/// The name of the series of runs that were appended to a batch.
pub fn series(first: RunId) -> String {
    format!("batch {first}")
}

/// The job that an id stands for, if it is a crawl or a batch of the caller's.
///
/// # Errors
/// 400 and 404; also where it is expired.
pub async fn job(app: &App, caller: &Caller, id: &str) -> Result<Parts, Refusal> {
    let first = own(app, caller, run(id)?).await.map_err(|problem| match problem.status().as_u16() {
        404 => Refusal::no_job(),
        _ => problem.into(),
    })?;
    let name = first.name.as_deref().unwrap_or_default();
    if name != CRAWL && name != BATCH {
        return Err(Refusal::no_job());
    }
    let is_batch = name == BATCH;
    let mut parts = vec![first];
    if is_batch {
        for run in app.control().series(caller.tenant, &series(parts[0].run), MOST).await? {
            parts.push(app.deps.store.summary(run).await?);
        }
    }
    let job = Parts(parts);
    if job.is_over() && app.deps.clock.now() >= job.expires_at(app.deps.clock.now()) {
        return Err(Refusal::expired());
    }
    Ok(job)
}

/// The run that an id stands for.
///
/// # Errors
/// 400 where it is no id, 404 where it is not of this server's making.
pub fn run(id: &str) -> Result<RunId, Refusal> {
    ids::run(id).map_err(|error| match error {
        ids::NoId::Malformed => Refusal::bad("Invalid job ID"),
        ids::NoId::Foreign => Refusal::no_job(),
    })
}

impl Parts {
    /// All, oldest first.
    pub fn all(&self) -> &[RunSummary] {
        &self.0
    }

    /// The one that gave the job its id.
    pub fn first(&self) -> &RunSummary {
        &self.0[0]
    }

    /// Those that are under way.
    pub fn open(&self) -> impl Iterator<Item = &RunSummary> {
        self.0.iter().filter(|part| !part.state.is_over())
    }

    /// Whether all are over.
    pub fn is_over(&self) -> bool {
        self.open().next().is_none()
    }

    /// Whether it is a crawl, and no batch.
    pub fn is_crawl(&self) -> bool {
        self.first().name.as_deref() == Some(CRAWL)
    }

    /// What holds for all of it.
    pub fn state(&self) -> RunState {
        let open = || self.open().map(|part| part.state);
        if let Some(state) = open().find(|state| *state != RunState::Paused).or_else(|| open().next()) {
            return state;
        }
        let is_cancelled = self.0.iter().any(|part| part.state == RunState::Cancelled);
        if is_cancelled { RunState::Cancelled } else { RunState::Done }
    }

    /// When it was over, if it is.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let ended = self.0.iter().filter_map(|part| part.ended_at).max();
        ended.filter(|_| self.is_over())
    }

    /// When it is over for long enough; what is under way is kept.
    pub fn expires_at(&self, now: Timestamp) -> Timestamp {
        self.ended_at().unwrap_or(now).plus(KEPT)
    }
}
