//! The frozen jobs of runs, read once.

use super::SqliteStore;
use super::codes::get;
use super::error::{Result, corrupt};
use parking_lot::Mutex;
use shared::ids::RunId;
use shared::job::Job;
use shared::ports::StoreError;
use std::collections::HashMap;
use std::sync::Arc;

/// Jobs kept; with more runs under way than this, some are read again.
const KEPT: usize = 256;

/// Jobs by run.
#[derive(Default)]
pub(super) struct Jobs {
    kept: Mutex<HashMap<RunId, Arc<Job>>>,
}

impl Jobs {
    pub(super) fn keep(&self, run: RunId, job: Arc<Job>) {
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(run, job);
    }
}

impl SqliteStore {
    /// A run's job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]: no such run.
    pub(super) async fn job(&self, run: RunId) -> Result<Arc<Job>> {
        let kept = self.jobs.kept.lock().get(&run).cloned();
        if let Some(job) = kept {
            return Ok(job);
        }
        let query = sqlx::query("SELECT job FROM runs WHERE run_id = ?").bind(run.0);
        let row = query.fetch_optional(&self.readers).await?;
        let row = row.ok_or_else(|| StoreError::NotFound(format!("run {run}")))?;
        let job = serde_json::from_str(get(&row, 0)?);
        let job = Arc::new(job.map_err(|cause| corrupt(format!("the job of run {run}: {cause}")))?);
        self.jobs.keep(run, Arc::clone(&job));
        Ok(job)
    }
}
