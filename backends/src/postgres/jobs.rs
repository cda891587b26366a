//! The frozen jobs of runs, read once.

use super::PostgresStore;
use super::codes::get;
use super::error::Result;
use super::tx::Tx;
use crate::store::no_such;
use shared::ids::RunId;
use shared::job::Job;
use std::sync::Arc;

impl PostgresStore {
    /// A run's job.
    ///
    /// # Errors
    /// [`shared::ports::StoreError::NotFound`]: no such run.
    pub(super) async fn job(&self, run: RunId) -> Result<Arc<Job>> {
        if let Some(job) = self.jobs.get(run) {
            return Ok(job);
        }
        let query = sqlx::query("SELECT job FROM runs WHERE run_id = $1").bind(run.0);
        let row = self.one(query).await?.ok_or_else(|| no_such(run))?;
        Ok(self.jobs.thaw(run, get(&row, 0)?)?)
    }

    /// The jobs of runs, in their order; those that are not known are read within the transaction.
    pub(super) async fn jobs(&self, tx: &mut Tx, runs: &[RunId]) -> Result<Vec<Arc<Job>>> {
        let unknown: Vec<i64> =
            runs.iter().filter(|run| self.jobs.get(**run).is_none()).map(|run| run.0).collect();
        let mut read = Vec::new();
        if !unknown.is_empty() {
            let query = sqlx::query("SELECT run_id, job FROM runs WHERE run_id = ANY($1)").bind(unknown);
            for row in &tx.all(query).await? {
                let run = RunId(get(row, 0)?);
                read.push((run, self.jobs.thaw(run, get(row, 1)?)?));
            }
        }
        let job = |run: &RunId| {
            let read = read.iter().find(|(known, _)| known == run).map(|(_, job)| Arc::clone(job));
            read.or_else(|| self.jobs.get(*run)).ok_or_else(|| no_such(*run).into())
        };
        runs.iter().map(job).collect()
    }
}
