//! The access log: every request, in order, readable while the site runs.

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// When it came, in microseconds from the start of the site.
    pub at_us: u64,
    /// Path and query as they came.
    pub target: String,
    /// What was answered; 0 where the connection was broken instead.
    pub status: u16,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Who asked.
    pub peer: SocketAddr,
    /// It went to the other host, which no crawl of this site may touch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
}

/// All requests since the start or the last [`Log::clear`].
#[derive(Debug)]
pub struct Log {
    start: Instant,
    hits: Mutex<Vec<Hit>>,
    came: Notify,
    at_once: Mutex<AtOnce>,
}

/// Requests whose answers are not sent yet.
#[derive(Debug, Default)]
struct AtOnce {
    now: usize,
    most: usize,
}

/// A request whose answer is not sent yet.
pub(crate) struct UnderWay<'a>(&'a Log);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.at_once.lock().now -= 1;
    }
}

impl Log {
    pub(crate) fn new() -> Self {
        Log { start: Instant::now(), hits: Mutex::default(), came: Notify::new(), at_once: Mutex::default() }
    }

    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// A request is under way until this is dropped.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        let mut at_once = self.at_once.lock();
        at_once.now += 1;
        at_once.most = at_once.most.max(at_once.now);
        UnderWay(self)
    }

    /// The most requests that were under way at a time.
    pub fn most_at_once(&self) -> usize {
        self.at_once.lock().most
    }

    pub(crate) fn push(&self, hit: Hit) {
        self.hits.lock().push(hit);
        self.came.notify_waiters();
    }

    /// Returns as soon as there were so many requests.
    pub async fn until(&self, count: usize) {
        loop {
            // Listening begins before the look, so that a request in between is not missed.
            let came = self.came.notified();
            if self.len() >= count {
                return;
            }
            came.await;
        }
    }

    /// A copy of all requests.
    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().clone()
    }

    /// Looks at all requests without a copy. New ones wait so long.
    pub fn with<T>(&self, look: impl FnOnce(&[Hit]) -> T) -> T {
        look(&self.hits.lock())
    }

    /// How many requests there were.
    pub fn len(&self) -> usize {
        self.hits.lock().len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all requests.
    pub fn clear(&self) {
        self.hits.lock().clear();
        let mut at_once = self.at_once.lock();
        at_once.most = at_once.now;
    }

    /// The shortest time between the beginnings of two requests that follow each other. None for
    /// fewer than two.
    pub fn shortest_gap(&self) -> Option<Duration> {
        let mut times: Vec<u64> = self.with(|hits| hits.iter().map(|hit| hit.at_us).collect());
        times.sort_unstable();
        times.windows(2).map(|pair| Duration::from_micros(pair[1] - pair[0])).min()
    }
}
