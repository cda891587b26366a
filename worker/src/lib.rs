//! The fetch worker: claims leases, fetches their URLs at the pace of their host, archives what
//! came in segments, and reports. It knows the queue and the archive, and no database.
//!
//! A lease's way through the files: `offers` (taken from the queue) → `claims` (granted, or gone)
//! → `lease` (its robots.txt, its visits one after the other, at the `pace` of the host)
//! → `fetch` (one request) through [`egress`] (the only way out) → `segment` (group commit) → the
//! report, and only then the offer is settled. Where the job says so and this worker has a browser, a page that was
//! fetched is run in it (`lease/render`) before it is archived.

mod claims;
mod config;
mod cookies;
mod fetch;
mod halt;
mod lease;
mod metrics;
mod offers;
mod pace;
mod patience;
mod segment;

pub use config::Config;
pub use metrics::METRICS;

use browser::Browser;
use claims::Claims;
use egress::Egress;
use halt::Halt;
use lease::Context;
use offers::Offers;
use segment::Committers;
use shared::clock::Clock;
use shared::ids::Incarnation;
use shared::ports::{Archive, ArchiveError, Lane, Queue, QueueError};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// All that a worker touches.
#[derive(Clone)]
pub struct Deps {
    /// Where leases are offered, claimed and reported, and segments announced.
    pub queue: Arc<dyn Queue>,
    /// Where segments are stored.
    pub archive: Arc<dyn Archive>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The way out.
    pub egress: Arc<Egress>,
    /// What runs pages. Without it no leases are taken that need one.
    pub browser: Option<Arc<Browser>>,
}

/// Why a worker ended before it was stopped.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The archive does not take segments, and trying again would not help.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The queue is closed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A defect of the worker itself: making a segment panicked.
    #[error("a segment could not be made; the log says why")]
    Broken,
}

/// Works until `stop` is cancelled, then ends what is under way: running leases begin no further
/// request, store what they have and report the rest as not begun.
///
/// # Errors
/// If the archive or the queue will not serve any more. What was not stored was not settled.
pub async fn run(config: Config, deps: Deps, stop: CancellationToken) -> Result<(), WorkerError> {
    let config = Arc::new(config);
    let worker = Incarnation::new(&config.name);
    let halt = Halt::below(&stop);
    let _everything_ends_with_this = halt.gone.clone().drop_guard();
    tracing::info!(%worker, leases = config.leases, "worker begins");

    let claims = Claims::new(&deps, worker.clone(), config.answer_timeout);
    let Some(answers) = halt.stop.run_until_cancelled(claims.open()).await else { return halt.result() };
    let context = Context {
        committers: Committers::new(config.clone(), deps.clone(), worker.clone(), halt.clone()),
        large: Arc::new(Semaphore::new(config.large_bodies)),
        deps: deps.clone(),
        worker,
        halt: halt.clone(),
    };
    let offers = Offers::new(Arc::new(context), claims.clone());
    let work = async {
        let hands = |most: usize, browser: bool| if browser && deps.browser.is_none() { 0 } else { most };
        tokio::join!(
            offers.take(Lane::Fetch { urgent: false }, hands(config.leases, false)),
            offers.take(Lane::Fetch { urgent: true }, hands(config.urgent_leases, false)),
            offers.take(Lane::Render { urgent: false }, hands(config.browser_leases, true)),
            offers.take(Lane::Render { urgent: true }, hands(config.browser_leases, true)),
        );
    };
    let drained = async {
        halt.stop.cancelled().await;
        tokio::time::sleep(config.drain).await;
    };
    tokio::select! {
        biased;
        () = work => tracing::info!("worker ends"),
        () = drained => tracing::warn!("worker ends before its leases do"),
        () = claims.listen(answers) => {}
    }
    if let Some(browser) = deps.browser {
        browser.close().await;
    }
    halt.result()
}
