//! The numbers of a worker.

use std::time::Duration;

/// The numbers of a worker. The defaults are those of a worker within one process with the other
/// stages.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub commit_interval: Duration,
    /// Bytes of one run that wait to be stored; beyond them its leases wait.
    pub pending_bytes: usize,
    /// Bodies above 1 MiB that are held at a time.
    pub large_bodies: usize,
    /// How long an answer to a claim is awaited, each time.
    pub answer_timeout: Duration,
    /// How long running leases may take to end after the stop.
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
