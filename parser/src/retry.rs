//! Patience with servers: a few tries with growing pauses, then the work is given back.

use shared::ports::{ArchiveError, QueueError, StoreError};
use shared::{pacing, random};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tries, the first included.
const TRIES: u32 = 4;
/// The pause before work goes back that a person must look at.
const PAUSE: Duration = Duration::from_secs(5);

/// Why something was not done.
pub enum Failure<E> {
    /// It may succeed later.
    Later,
    /// It will not succeed by itself.
    Never(E),
}

/// An error that knows whether another try makes sense.
pub trait Retryable: std::fmt::Display {
    /// Whether it does.
    fn is_retryable(&self) -> bool;
}

macro_rules! retryable {
    ($($error:ty),+) => {
        $(impl Retryable for $error {
            fn is_retryable(&self) -> bool {
                <$error>::is_retryable(self)
            }
        })+
    };
}

retryable!(StoreError, ArchiveError, QueueError);

/// Does something a few times, as long as its errors are retryable and nothing says stop.
pub async fn patiently<T, E, F>(stop: &CancellationToken, mut act: impl FnMut() -> F) -> Result<T, Failure<E>>
where
    E: Retryable,
    F: Future<Output = Result<T, E>>,
{
    let mut failures = 0;
    loop {
        let error = match act().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        if !error.is_retryable() {
            return Err(Failure::Never(error));
        }
        failures += 1;
        tracing::warn!(%error, failures, "not available");
        if failures >= TRIES
            || !wait(stop, pacing::jitter(pacing::back_off(failures), random::fraction())).await
        {
            return Err(Failure::Later);
        }
    }
}

/// Waits before work is given back that would come again at once.
pub async fn pause(stop: &CancellationToken) {
    wait(stop, PAUSE).await;
}

/// Waits; false: something says stop.
pub async fn wait(stop: &CancellationToken, pause: Duration) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = tokio::time::sleep(pause) => true,
    }
}
