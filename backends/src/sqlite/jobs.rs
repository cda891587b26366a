//! The frozen jobs of runs, read once.

use super::SqliteStore;
use super::codes::get;
use super::error::Result;
use crate::store::no_such;
use shared::ids::RunId;
use shared::job::Job;
use std::sync::Arc;

impl SqliteStore {
    /// A run's job.
    ///
    /// # Errors
    /// [`shared::ports::StoreError::NotFound`]: no such run.
    pub(super) async fn job(&self, run: RunId) -> Result<Arc<Job>> {
        if let Some(job) = self.jobs.get(run) {
            return Ok(job);
        }
        let query = sqlx::query("SELECT job FROM runs WHERE run_id = ?").bind(run.0);
        let row = query.fetch_optional(&self.readers).await?.ok_or_else(|| no_such(run))?;
        Ok(self.jobs.thaw(run, get(&row, 0)?)?)
    }
}
