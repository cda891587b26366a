use crate::clock::Timestamp;
use crate::ids::{JobId, RunId, TenantId};
use crate::job::Job;
use crate::ports::StoreError;
use crate::schedule::{Planned, Schedule};
use async_trait::async_trait;
use std::sync::Arc;

/// Job definitions: kept, changed, run again and again. A run has a copy of its own.
///
/// # Contract
/// - A definition's `version` begins at 1 and rises by one with every change of the job or its
///   schedule. A change that names another version than the present one changes nothing.
/// - `create_job` with a `once` that was used before returns what was made then.
/// - Runs outlive the definition that they are of.
#[async_trait]
pub trait Jobs: Send + Sync + 'static {
    /// Keeps a definition.
    async fn create_job(&self, new: NewJob) -> Result<JobInfo, StoreError>;

    /// A definition.
    async fn job(&self, tenant: TenantId, job: JobId) -> Result<JobInfo, StoreError>;

    /// A tenant's definitions without their documents, newest first, older than one.
    async fn jobs(
        &self,
        tenant: TenantId,
        before: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobSummary>, StoreError>;

    /// Puts another in its place, if it still has `version` (None: whatever it has).
    async fn replace_job(
        &self,
        job: JobId,
        version: Option<u64>,
        new: NewJob,
    ) -> Result<Replaced, StoreError>;

    /// Deletes it, if it still has `version`.
    async fn delete_job(
        &self,
        tenant: TenantId,
        job: JobId,
        version: Option<u64>,
    ) -> Result<Replaced<()>, StoreError>;
}

/// A definition to be.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Whose it is.
    pub tenant: TenantId,
    /// The document.
    pub job: Arc<Job>,
    /// When it runs by itself, and when it does so next.
    pub schedule: Option<(Schedule, Option<Planned>)>,
    /// Creating it under the same text twice makes one.
    pub once: Option<String>,
}

/// A definition without its document.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSummary {
    /// Its number.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Rises with every change.
    pub version: u64,
    /// The name in the document.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// When it does so next.
    pub next: Option<Planned>,
    /// Its newest run.
    pub last_run: Option<RunId>,
}

/// A definition.
#[derive(Clone, Debug, PartialEq)]
pub struct JobInfo {
    /// All but the document.
    pub summary: JobSummary,
    /// The document.
    pub job: Arc<Job>,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Replaced<T = JobInfo> {
    /// It is done.
    Done(T),
    /// Somebody was faster: it has this version now.
    Changed(u64),
}
