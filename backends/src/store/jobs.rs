//! The frozen jobs of runs, read once.

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
pub(crate) struct Jobs {
    kept: Mutex<HashMap<RunId, Arc<Job>>>,
}

impl Jobs {
    pub(crate) fn get(&self, run: RunId) -> Option<Arc<Job>> {
        self.kept.lock().get(&run).cloned()
    }

    pub(crate) fn keep(&self, run: RunId, job: Arc<Job>) {
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(run, job);
    }

    /// Reads a job as it was frozen, and keeps it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`]: it is none.
    pub(crate) fn thaw(&self, run: RunId, text: &str) -> Result<Arc<Job>, StoreError> {
        let job = serde_json::from_str(text)
            .map_err(|cause| StoreError::Corrupt(format!("the job of run {run}: {cause}")))?;
        let job = Arc::new(job);
        self.keep(run, Arc::clone(&job));
        Ok(job)
    }
}
