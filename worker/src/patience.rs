//! Trying again: longer and longer pauses with jitter, and one log line each.

use shared::{pacing, random};
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
        let pause = pacing::jitter(pacing::back_off(self.failures).min(CEILING), random::fraction());
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(%error, failures = self.failures, pause_ms, "trying again");
        tokio::time::sleep(pause).await;
    }
}
