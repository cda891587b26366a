//! Faults are wrappers around the real thing: a port that fails, delays, loses, doubles or dies at a
//! call when it was told to, and else does what it wraps.
//!
//! Calls have names such as `store.apply`, `archive.put`, `publish.parse` or `ack.fetch` (the lane
//! comes last); a [`Fault`] strikes the next call whose name begins with its own.

mod archive;
mod control;
mod queue;
mod store;

pub use archive::FaultyArchive;
pub use queue::FaultyQueue;
pub use store::FaultyStore;

use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is not done, and fails.
    Fail,
    /// It is done, and fails all the same: a lost confirmation.
    Deny,
    /// It is done after a while.
    Late(Duration),
    /// The caller dies before it is done.
    CrashBefore,
    /// The caller dies when it is done, before it hears of it.
    CrashAfter,
    /// Publishing only: it seems done, and is not.
    Lose,
    /// Publishing only: it is done twice.
    Twice,
    /// Publishing only: it seems done, and is done after a while, when others have overtaken it.
    Behind(Duration),
}

/// Something that is to go wrong, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How the call's name begins.
    pub call: &'static str,
    /// What happens to it.
    pub how: How,
}

/// The faults of one process's ports. Clones are the same.
#[derive(Clone, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Default)]
struct Inner {
    armed: Mutex<Vec<Fault>>,
    struck: Mutex<Vec<Fault>>,
    crash: Notify,
    latency: Mutex<Duration>,
    frozen_until: Mutex<Option<Instant>>,
    calls: AtomicU64,
    at_once: bool,
}

impl Faults {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// None yet; calls are done at once, and the whole thread waits for them. For simulations, whose
    /// clock stands still while anybody works.
    pub fn at_once() -> Self {
        Faults(Arc::new(Inner { at_once: true, ..Inner::default() }))
    }

    /// A call that never goes wrong, at once where all are.
    pub(crate) async fn quietly<F: Future>(&self, work: F) -> F::Output {
        if self.0.at_once { at_once(work) } else { work.await }
    }

    /// Lets something go wrong.
    pub fn arm(&self, fault: Fault) {
        self.0.armed.lock().push(fault);
    }

    /// Nothing goes wrong any more, and nothing takes long.
    pub fn disarm(&self) {
        self.0.armed.lock().clear();
        *self.0.latency.lock() = Duration::ZERO;
        *self.0.frozen_until.lock() = None;
    }

    /// What went wrong so far.
    pub fn struck(&self) -> Vec<Fault> {
        self.0.struck.lock().clone()
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Each call takes up to so long, at random ([`shared::random`]).
    pub fn latency(&self, most: Duration) {
        *self.0.latency.lock() = most;
    }

    /// No call goes on before this: a process that is stopped and continued.
    pub fn freeze(&self, until: Instant) {
        *self.0.frozen_until.lock() = Some(until);
    }

    /// Returns when the process dies at a call.
    pub async fn crashed(&self) {
        self.0.crash.notified().await;
    }

    fn strike(&self, call: &str) -> Option<How> {
        let mut armed = self.0.armed.lock();
        let at = armed.iter().position(|fault| call.starts_with(fault.call))?;
        let fault = armed.remove(at);
        tracing::debug!(call, how = ?fault.how, "a fault strikes");
        self.0.struck.lock().push(fault);
        Some(fault.how)
    }

    async fn crash<T>(&self) -> T {
        self.0.crash.notify_one();
        std::future::pending().await
    }

    async fn pause(&self) {
        let most = *self.0.latency.lock();
        if !most.is_zero() {
            sleep(most.mul_f64(shared::random::fraction())).await;
        }
        let frozen = *self.0.frozen_until.lock();
        if let Some(until) = frozen.filter(|until| *until > Instant::now()) {
            sleep_until(until).await;
        }
    }

    /// Does a call with whatever is to go wrong with it.
    async fn around<T, E>(
        &self,
        call: &str,
        work: impl Future<Output = Result<T, E>>,
        failure: impl Fn() -> E,
    ) -> Result<T, E> {
        tracing::trace!(call);
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        self.under(self.strike(call), work, failure).await
    }

    /// Does a call while this goes wrong with it.
    async fn under<T, E>(
        &self,
        how: Option<How>,
        work: impl Future<Output = Result<T, E>>,
        failure: impl Fn() -> E,
    ) -> Result<T, E> {
        self.pause().await;
        match how {
            Some(How::Fail) => return Err(failure()),
            Some(How::CrashBefore) => return self.crash().await,
            Some(How::Late(by)) => sleep(by).await,
            _ => {}
        }
        let done = if self.0.at_once { at_once(work) } else { work.await };
        match how {
            Some(How::Deny) => return done.and(Err(failure())),
            Some(How::CrashAfter) => return self.crash().await,
            _ => {}
        }
        self.pause().await;
        done
    }
}

/// Drives a future to its end here and now. What it spawns has a thread elsewhere.
pub fn at_once<F: Future>(work: F) -> F::Output {
    static ELSEWHERE: LazyLock<Runtime> = LazyLock::new(|| {
        // Without a thread there is nothing to be tested.
        Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread")
    });
    let _elsewhere = ELSEWHERE.enter();
    // Out of the runtime's budget, which is not filled up again while this thread waits.
    futures::executor::block_on(tokio::task::coop::unconstrained(work))
}
