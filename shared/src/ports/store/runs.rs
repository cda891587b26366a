use super::StoreError;
use crate::clock::Timestamp;
use crate::ids::{JobId, RunId, TenantId};
use crate::job::Job;
use crate::outcome::Reason;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Runs: begun, watched, paused, ended.
///
/// # Contract
/// - `create_run` freezes the job, and opens one URL of kind `seeds` (admitted 1, closed 0), so that
///   the run cannot end before its seeds are in. The state is [`RunState::Seeding`].
/// - A run ends by itself, in the transaction that makes `closed` equal to `admitted`: state
///   [`RunState::Done`], `ended_at` set.
/// - `command`: pause refuses grants and offers; resume allows them; cancel ends the run at once:
///   its open URLs are counted as cut (`cancelled`), no grants, no admissions any more. What does not
///   fit the state (resume of a cancelled run) changes nothing and returns the state.
/// - `create_run` with a `once` that was used before returns the run that was begun then. With more
///   than `most_unfinished` runs of the tenant it begins none: [`StoreError::Exhausted`].
/// - The first offers of a run bear the trace that `create_run` was called in.
#[async_trait]
pub trait Runs: Send + Sync + 'static {
    /// Begins a run.
    async fn create_run(&self, new: NewRun) -> Result<RunId, StoreError>;

    /// A run with its job.
    async fn run(&self, run: RunId) -> Result<RunInfo, StoreError>;

    /// Runs, newest first.
    async fn runs(&self, selection: RunSelection) -> Result<Vec<RunSummary>, StoreError>;

    /// State and counters of a run. Cheap: for polling.
    async fn summary(&self, run: RunId) -> Result<RunSummary, StoreError>;

    /// What was counted by name: statuses, failures, cuts, rejected records.
    async fn tallies(&self, run: RunId) -> Result<Vec<Tally>, StoreError>;

    /// Pauses, resumes or cancels; returns the state that then holds.
    async fn command(&self, run: RunId, command: Command) -> Result<RunState, StoreError>;
}

/// A run to be.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The job; a copy is frozen.
    pub job: Arc<Job>,
    /// Somebody waits for it: it goes first, and stores at once.
    pub urgent: bool,
    /// Its share where runs compete; 1 is usual.
    pub weight: u16,
    /// What names this job among others: the same text means the same work (for `--resume`).
    pub fingerprint: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// The definition that it is of.
    pub job_id: Option<JobId>,
    /// Creating it under the same text twice makes one.
    pub once: Option<String>,
    /// Unfinished runs that the tenant may have, this one included.
    pub most_unfinished: Option<u32>,
}

impl NewRun {
    /// A usual run of the first tenant.
    pub fn of(job: Arc<Job>) -> Self {
        NewRun {
            job,
            urgent: false,
            weight: 1,
            fingerprint: String::new(),
            tenant: TenantId::FIRST,
            job_id: None,
            once: None,
            most_unfinished: None,
        }
    }
}

/// Which runs.
#[derive(Clone, Copy, Debug)]
pub struct RunSelection {
    /// Of this tenant; None: of all.
    pub tenant: Option<TenantId>,
    /// Of this definition.
    pub job_id: Option<JobId>,
    /// Only those that are not over.
    pub unfinished: bool,
    /// Older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
}

impl RunSelection {
    /// The newest runs of all.
    pub fn newest(limit: u32) -> Self {
        RunSelection { tenant: None, job_id: None, unfinished: false, before: None, limit }
    }
}

/// A run and its job.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// State and counters.
    pub summary: RunSummary,
    /// The frozen job.
    pub job: Arc<Job>,
}

/// A run's state and counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The definition that it is of.
    pub job_id: Option<JobId>,
    /// The job's name.
    pub name: Option<String>,
    /// The text it was created with.
    pub fingerprint: String,
    /// Where it stands.
    pub state: RunState,
    /// Somebody waits for it.
    pub urgent: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its counters.
    pub counts: RunCounts,
}

/// A run's counters. They move in the transactions of the work itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCounts {
    /// URLs admitted, the seeds row and robots.txt rows included.
    pub admitted: u64,
    /// URLs closed, whatever their ending.
    pub closed: u64,
    /// Pages fetched with success.
    pub pages: u64,
    /// Pages that failed.
    pub failed: u64,
    /// URLs that were redirects.
    pub redirected: u64,
    /// URLs closed without a request (robots, refused address, limits, cancelled).
    pub cut: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Valid records.
    pub records: u64,
    /// Records kept apart.
    pub rejected: u64,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Its seeds are being admitted.
    Seeding,
    /// Under way.
    Running,
    /// Under way, but nothing is granted.
    Paused,
    /// Over: all that was admitted is closed.
    Done,
    /// Over: a person said so.
    Cancelled,
}

impl RunState {
    /// Whether it is over.
    pub fn is_over(self) -> bool {
        matches!(self, RunState::Done | RunState::Cancelled)
    }
}

/// What a person can tell a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Grant nothing.
    Pause,
    /// Grant again.
    Resume,
    /// End at once.
    Cancel,
}

/// How often something happened in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What kind of thing.
    pub kind: TallyKind,
    /// Its name: a status, a [`Reason`], or why a record was rejected.
    pub key: String,
    /// How often.
    pub count: u64,
}

/// What is counted by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TallyKind {
    /// Answers by HTTP status.
    Status,
    /// Failed URLs by reason.
    Failed,
    /// Admitted URLs closed without a request, by reason.
    Cut,
    /// Links that were not admitted, by reason; once a page for each link.
    Refused,
    /// Rejected records by reason.
    Rejected,
}

impl Tally {
    /// One of a reason.
    pub fn of(kind: TallyKind, reason: Reason, count: u64) -> Self {
        Tally { kind, key: reason.to_string(), count }
    }
}
