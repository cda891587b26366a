//! The end of a worker: asked for from outside, or forced by a failure that only a person can mend.

use crate::WorkerError;
use parking_lot::Mutex;
use shared::ports::QueueError;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
pub struct Halt {
    /// Nothing new begins.
    pub stop: CancellationToken,
    /// All tasks end where they stand.
    pub gone: CancellationToken,
    asked: CancellationToken,
    error: Arc<Mutex<Option<WorkerError>>>,
}

impl Halt {
    /// Stops when `asked` is cancelled, or when something fails.
    pub fn below(asked: &CancellationToken) -> Self {
        Halt {
            stop: asked.child_token(),
            gone: CancellationToken::new(),
            asked: asked.clone(),
            error: Arc::default(),
        }
    }

    /// Stops the worker for this reason; the first one counts.
    pub fn fail(&self, error: WorkerError) {
        if self.asked.is_cancelled() && matches!(error, WorkerError::Queue(QueueError::Closed)) {
            tracing::debug!("the queue closed during the stop");
        } else {
            tracing::error!(%error, "the worker stops");
            self.error.lock().get_or_insert(error);
        }
        self.stop.cancel();
    }

    /// How it went.
    pub fn result(&self) -> Result<(), WorkerError> {
        self.error.lock().take().map_or(Ok(()), Err)
    }
}
