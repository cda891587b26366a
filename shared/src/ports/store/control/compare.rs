use crate::ids::{JobId, RunId, TenantId};
use crate::ports::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Two runs side by side, by the URLs of their fetched pages and the digests of the bodies.
#[async_trait]
pub trait Compare: Send + Sync + 'static {
    /// The newest run of a job that is over and older than `run`.
    async fn run_before(&self, tenant: TenantId, job: JobId, run: RunId)
    -> Result<Option<RunId>, StoreError>;

    /// How many pages of `run` are new, changed, the same or gone since `base`.
    async fn compare(&self, run: RunId, base: RunId) -> Result<Comparison, StoreError>;

    /// Pages of one kind of change, in order of `seq`, after one. Those that are gone have the `seq` of `base`.
    async fn changes(
        &self,
        run: RunId,
        base: RunId,
        change: Change,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ChangedPage>, StoreError>;
}

/// What became of a page between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not there.
    New,
    /// Its body is another.
    Changed,
    /// Its body is the same.
    Same,
    /// It is not there any more.
    Gone,
}

/// Pages by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Not there before.
    pub new: u64,
    /// With another body.
    pub changed: u64,
    /// With the same body.
    pub same: u64,
    /// Not there any more.
    pub gone: u64,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPage {
    /// Its place.
    pub seq: u64,
    /// Its URL.
    pub url: String,
}
