//! The numbers of a worker.

use serde::{Deserialize, Serialize};
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
            drain: Duration::from_secs(25),
        }
    }
}

impl Config {
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
