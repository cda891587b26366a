use super::NewWebhook;
use crate::clock::Timestamp;
use crate::firecrawl::Hook;
use crate::ids::{RunId, TenantId};
use crate::ports::StoreError;
use crate::ports::store::NewRun;
use async_trait::async_trait;

/// Runs that begin with something beside them, and runs that belong together.
#[async_trait]
pub trait Series: Send + Sync + 'static {
    /// Begins a run with what is beside it, whole or not at all. A run that was begun before under the same
    /// `once` keeps what it has.
    async fn begin_run(&self, new: NewRun, beside: Beside) -> Result<RunId, StoreError>;

    /// The runs of a tenant's series, oldest first, at most `limit`.
    async fn series(&self, tenant: TenantId, name: &str, limit: u32) -> Result<Vec<RunId>, StoreError>;

    /// The series that a run belongs to, and the newest run of it that is older and done.
    async fn series_of(&self, run: RunId) -> Result<Option<(String, Option<RunId>)>, StoreError>;

    /// Where the fetched pages of a run stand that have one of these URLs. It looks at all pages of the run.
    async fn places(&self, run: RunId, urls: &[String]) -> Result<Vec<Place>, StoreError>;
}

/// What a run begins with.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Who hears of it, and in which form; `events` and `job` say nothing here.
    pub hook: Option<(NewWebhook, Hook)>,
    /// The series that it belongs to.
    pub series: Option<String>,
}

/// Where a page stands in its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its URL.
    pub url: String,
    /// Its place.
    pub seq: u64,
    /// When it was fetched.
    pub fetched_at: Timestamp,
}
