use crate::clock::Timestamp;
use crate::ids::{JobId, RunId, TenantId};
use crate::ports::StoreError;
use crate::schedule::{Planned, Schedule};
use async_trait::async_trait;

/// Jobs that run by the clock.
///
/// # Contract
/// - Each due time of a job is decided once, whoever asks how often: the row (job, due) and the run
///   that it begins come in one transaction.
/// - Where the schedule does not allow overlap, no run begins while one of the job is unfinished.
#[async_trait]
pub trait Schedules: Send + Sync + 'static {
    /// Jobs whose time has come, at most `limit`; and the store's time.
    async fn due_jobs(&self, limit: u32) -> Result<(Timestamp, Vec<DueJob>), StoreError>;

    /// Decides about a due time.
    async fn fire(&self, fire: Fire) -> Result<Fired, StoreError>;

    /// Pauses or resumes a job's schedule; resumed, it is planned anew. Another version of the job.
    async fn pause_schedule(
        &self,
        tenant: TenantId,
        job: JobId,
        paused: bool,
        next: Option<Planned>,
    ) -> Result<(), StoreError>;

    /// What was decided, newest first, before a due time.
    async fn firings(
        &self,
        tenant: TenantId,
        job: JobId,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError>;
}

/// A job whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub struct DueJob {
    /// The job.
    pub job: JobId,
    /// The time at which it was to run.
    pub planned: Planned,
    /// Its schedule.
    pub schedule: Schedule,
}

/// A decision about a due time.
#[derive(Clone, Copy, Debug)]
pub struct Fire {
    /// The job.
    pub job: JobId,
    /// The due time that is decided about.
    pub due: Timestamp,
    /// When the job is due next.
    pub next: Option<Planned>,
    /// Begin a run (true), or let this time go by (false).
    pub run: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// A run began.
    Run(RunId),
    /// The last run is not over.
    Overlaps,
    /// The tenant has used up what it may use.
    Exhausted,
    /// The time went by.
    Missed,
    /// Decided before, or planned otherwise by now.
    Gone,
}

/// A decision of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The due time.
    pub due: Timestamp,
    /// When it was decided.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Fired,
}
