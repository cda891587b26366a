//! The numbers of a worker.

use browser::{Browser, BrowserError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The numbers of a worker. The defaults are those of a worker within one process with the other
/// stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Its name, for logs and archives.
    pub name: String,
    /// Leases held at a time.
    pub leases: usize,
    /// Urgent leases held at a time, on top of the others, so that they never queue behind them.
    pub urgent_leases: usize,
    /// Visits after which a segment is committed.
    pub segment_pages: usize,
    /// Bytes after which a segment is committed.
    pub segment_bytes: usize,
    /// How long after its first visit a segment is committed at the latest.
    #[serde(rename = "commit_interval_ms", with = "millis")]
    pub commit_interval: Duration,
    /// Bytes of one run that wait to be stored; beyond them its leases wait.
    pub pending_bytes: usize,
    /// Bodies above 1 MiB that are held at a time.
    pub large_bodies: usize,
    /// How long an answer to a claim is awaited, each time.
    #[serde(rename = "answer_timeout_ms", with = "millis")]
    pub answer_timeout: Duration,
    /// The browser that pages are run in where their job says so; empty: none, and no such leases are taken.
    pub browser: String,
    /// Whether the browser puts its processes into its own sandbox, which needs user namespaces.
    pub browser_sandbox: bool,
    /// Leases held at a time whose pages need the browser, and as many urgent ones.
    pub browser_leases: usize,
    /// Pages that run in the browser at a time.
    pub browser_pages: usize,
    /// Memory that all processes of the browser may have of their own, in MiB; beyond it is killed and begun anew.
    pub browser_memory_mb: u64,
    /// How long running leases may take to end after the stop. All services are told it alike.
    #[serde(skip)]
    pub drain: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            name: "worker".to_owned(),
            leases: 16,
            urgent_leases: 4,
            segment_pages: 100,
            segment_bytes: 8 << 20,
            commit_interval: Duration::from_secs(1),
            pending_bytes: 24 << 20,
            large_bodies: 4,
            answer_timeout: Duration::from_secs(10),
            browser: String::new(),
            browser_sandbox: true,
            browser_leases: 4,
            browser_pages: 4,
            browser_memory_mb: 2048,
            drain: Duration::from_secs(25),
        }
    }
}

impl Config {
    /// The browser of these numbers, if there is to be one.
    ///
    /// # Errors
    /// If it cannot be started, or does not answer.
    pub async fn start_browser(&self) -> Result<Option<Arc<Browser>>, BrowserError> {
        if self.browser.is_empty() {
            return Ok(None);
        }
        let config = browser::Config {
            program: self.browser.clone().into(),
            sandbox: self.browser_sandbox,
            pages: self.browser_pages,
            memory: self.browser_memory_mb.saturating_mul(1 << 20),
        };
        Ok(Some(Arc::new(Browser::start(config).await?)))
    }

    /// The numbers of a worker that has a process of its own.
    pub fn service() -> Self {
        Config { leases: 64, large_bodies: 16, ..Config::default() }
    }
}

/// A time in milliseconds, as settings have it.
mod millis {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}
