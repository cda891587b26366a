//! What a loop does after an error: wait a little and try again, or give up.

use crate::{DispatcherError, Room};
use shared::ports::{Consumer, Lane, QueueError, StoreError};
use shared::{pacing, random};
use std::time::Duration;

/// The longest wait between two tries.
const CEILING: Duration = Duration::from_secs(10);

/// Counts failures in a row.
#[derive(Default)]
pub struct Patience {
    failures: u32,
}

impl Patience {
    /// It worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed: waits and returns, or returns the error where waiting is no use.
    pub async fn wait(&mut self, room: &Room, error: DispatcherError) -> Result<(), DispatcherError> {
        if !error.is_retryable() {
            return Err(error);
        }
        self.failures += 1;
        let pause = pacing::jitter(pacing::back_off(self.failures), random::fraction()).min(CEILING);
        tracing::warn!(%error, failures = self.failures, pause_ms = pause.as_millis() as u64, "trying again");
        tokio::select! {
            biased;
            () = room.stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
        Ok(())
    }
}

/// Begins to consume a lane, however long the broker takes; None: it is time to stop.
pub async fn consume(
    room: &Room,
    lane: &Lane,
    prefetch: u16,
) -> Result<Option<Box<dyn Consumer>>, DispatcherError> {
    let mut patience = Patience::default();
    loop {
        let beginning = room.deps.queue.consume(lane, prefetch);
        match room.stop.run_until_cancelled(beginning).await {
            None => return Ok(None),
            Some(Ok(consumer)) => return Ok(Some(consumer)),
            Some(Err(error)) => patience.wait(room, error.into()).await?,
        }
    }
}

impl DispatcherError {
    /// Whether another try could succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            DispatcherError::Store(StoreError::NotFound(_)) => true,
            DispatcherError::Store(error) => error.is_retryable(),
            DispatcherError::Queue(error) => error.is_retryable(),
        }
    }

    /// The queue was closed because the program ends.
    pub fn is_end(&self) -> bool {
        matches!(self, DispatcherError::Queue(QueueError::Closed))
    }
}
