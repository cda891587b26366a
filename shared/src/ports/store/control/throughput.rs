use crate::clock::Timestamp;
use crate::ids::RunId;
use crate::ports::StoreError;
use async_trait::async_trait;
use std::time::Duration;

/// How fast a run was, by the times at which its pages were fetched.
#[async_trait]
pub trait Throughput: Send + Sync + 'static {
    /// What was asked in each slice of time since `from`, in order, at most `limit` slices; slices in which nothing
    /// was asked are left out. What a worker's clock puts before `from` is in the first one. Reads every page of the
    /// run.
    async fn throughput(
        &self,
        run: RunId,
        from: Timestamp,
        width: Duration,
        limit: u32,
    ) -> Result<Vec<Slice>, StoreError>;
}

/// What was asked in a slice of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its number, from 0.
    pub number: u64,
    /// Pages fetched.
    pub fetched: u64,
    /// Pages that failed.
    pub failed: u64,
    /// Bytes received.
    pub bytes: u64,
}
