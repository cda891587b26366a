//! Trying again: longer and longer pauses with jitter, and one log line each.

use shared::pacing;
use std::fmt::Display;
use std::time::Duration;

/// The longest pause between two tries at a server of our own.
const CEILING: Duration = Duration::from_secs(15);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub struct Patience {
    failures: u32,
}

impl Patience {
    /// It went well.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// It went wrong: logs it, and waits.
    pub async fn wait(&mut self, error: &impl Display) {
        self.failures = self.failures.saturating_add(1);
        let pause = pacing::jitter(pacing::back_off(self.failures).min(CEILING), random());
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(%error, failures = self.failures, pause_ms, "trying again");
        tokio::time::sleep(pause).await;
    }
}

/// A random number from 0 to 1, for jitter.
pub fn random() -> f64 {
    // The first bytes of a random UUID are random.
    f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}
