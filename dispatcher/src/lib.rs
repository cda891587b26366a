//! The dispatcher: turns a job's seeds into open URLs, open URLs into leases, and keeps the time.
//!
//! Small loops over one store, any number of dispatchers at once:
//! - `seeds` admits the seeds of new runs;
//! - `offers` makes leases of hosts that are ready, and offers them to the workers;
//! - `claims` grants a lease to the worker that claims it, once;
//! - `paced` takes the reports of leases that are over, and hints;
//! - `sweep` is the timer: what was left behind by the dead is put back;
//! - `reparse` announces the parts of re-parses;
//! - `schedules` begins runs of jobs when their time has come;
//! - `webhooks` tells others what runs did;
//! - `dead` files dead letters;
//! - `gauges` looks at what is open, for those who watch.

mod claims;
mod config;
mod dead;
mod gauges;
mod metrics;
mod offers;
mod paced;
mod patience;
mod reparse;
mod schedules;
mod seeds;
mod sweep;
mod turns;
mod webhooks;

pub use config::Config;
pub use metrics::METRICS;
pub use turns::Turns;

use egress::Egress;
use shared::clock::Clock;
use shared::ports::{Queue, QueueError, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Every edge of the dispatcher.
#[derive(Clone)]
pub struct Deps {
    /// Jobs, runs, frontier.
    pub store: Arc<dyn Store>,
    /// Offers out, claims and reports in.
    pub queue: Arc<dyn Queue>,
    /// For the time until something is due.
    pub clock: Arc<dyn Clock>,
    /// The way out for webhooks; None: another dispatcher sends them.
    pub egress: Option<Arc<Egress>>,
}

/// The dispatcher cannot go on without a person.
#[derive(Debug, thiserror::Error)]
pub enum DispatcherError {
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue is gone for good.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// What the loops share: the edges, the settings, and two bells.
struct Room {
    config: Config,
    deps: Deps,
    /// There may be something to lease.
    bell: Notify,
    /// There may be a new run.
    runs: Notify,
    /// At the last look as many leases were offered as may be.
    full: AtomicBool,
    /// Some run needs a browser, as the last look for hosts said.
    renders: AtomicBool,
    stop: CancellationToken,
}

impl Room {
    fn new(config: Config, deps: Deps, stop: CancellationToken) -> Self {
        Room {
            config,
            deps,
            bell: Notify::new(),
            runs: Notify::new(),
            full: AtomicBool::new(false),
            renders: AtomicBool::new(false),
            stop,
        }
    }
}

/// Runs until `stop`, or until the store refuses for good. Nothing needs to be drained: what is
/// half done is whole or not at all in the store, and unsettled messages come again.
///
/// # Errors
/// Only what another try could not mend.
pub async fn run(config: Config, deps: Deps, stop: CancellationToken) -> Result<(), DispatcherError> {
    let room = Room::new(config, deps, stop);
    tokio::try_join!(
        seeds::run(&room),
        offers::run(&room),
        claims::run(&room),
        paced::run(&room),
        sweep::run(&room),
        schedules::run(&room),
        webhooks::run(&room),
        reparse::run(&room),
        dead::run(&room),
        gauges::run(&room),
    )?;
    Ok(())
}
