//! The loop: urgent segments first, a bounded number at once, none left half done at a stop.

use crate::retry::{self, Retryable};
use crate::segment::Segments;
use serde::{Deserialize, Serialize};
use shared::ports::{Archive, Consumer, Delivery, Lane, Queue, QueueError, Store, StoreError};
use shared::{pacing, random};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How the parser works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Segments at once. Each is in memory as a whole, with one of its pages parsed. 0: as many as there
    /// are cores, 4 at most.
    pub parallel: usize,
}

impl Config {
    fn places(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(4);
        if self.parallel == 0 { cores() } else { self.parallel }
    }
}

/// What the parser is connected to.
#[derive(Clone)]
pub struct Deps {
    /// Brings segments, takes hints.
    pub queue: Arc<dyn Queue>,
    /// Holds the segments.
    pub archive: Arc<dyn Archive>,
    /// Takes what was read.
    pub store: Arc<dyn Store>,
}

/// The parser cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ParserError {
    /// The broker is gone for good.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The database has no room, or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Parses segments until `stop`; those that were begun are finished.
///
/// # Errors
/// [`ParserError`], when the broker is gone for good before `stop`, or a person must look at the database.
pub async fn run(config: Config, deps: Deps, stop: CancellationToken) -> Result<(), ParserError> {
    // The stop of this stage alone: it also ends where the database does not take its work.
    let stop = stop.child_token();
    let parallel = config.places();
    let prefetch = u16::try_from(parallel).unwrap_or(u16::MAX);
    let mut urgent = Intake::new(deps.queue.clone(), Lane::Parse { urgent: true }, prefetch);
    let mut usual = Intake::new(deps.queue.clone(), Lane::Parse { urgent: false }, prefetch);
    let segments = Arc::new(Segments::new(deps, stop.clone()));
    let places = Arc::new(Semaphore::new(parallel));
    let mut at_work = JoinSet::new();
    let result = loop {
        let place = tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            place = places.clone().acquire_owned() => place,
        };
        // The semaphore is never closed.
        let Ok(place) = place else { break Ok(()) };
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            next = urgent.next(&stop) => next,
            next = usual.next(&stop) => next,
        };
        match next {
            Ok(delivery) => {
                let segments = segments.clone();
                at_work.spawn(async move {
                    segments.handle(delivery).await;
                    drop(place);
                });
            }
            Err(error) => break if stop.is_cancelled() { Ok(()) } else { Err(error.into()) },
        }
        while at_work.try_join_next().is_some() {}
    };
    // What was fetched ahead and not begun comes again, to others.
    drop((urgent, usual));
    while at_work.join_next().await.is_some() {}
    segments.refusal().map_or(result, |refusal| Err(refusal.into()))
}

/// A consumer that is made anew when it fails.
struct Intake {
    queue: Arc<dyn Queue>,
    lane: Lane,
    prefetch: u16,
    consumer: Option<Box<dyn Consumer>>,
    failures: u32,
}

impl Intake {
    fn new(queue: Arc<dyn Queue>, lane: Lane, prefetch: u16) -> Self {
        Intake { queue, lane, prefetch, consumer: None, failures: 0 }
    }

    /// The next delivery. Safe to cancel.
    async fn next(&mut self, stop: &CancellationToken) -> Result<Delivery, QueueError> {
        loop {
            let error = match self.try_next().await {
                Ok(delivery) => {
                    self.failures = 0;
                    return Ok(delivery);
                }
                Err(error) => error,
            };
            if !Retryable::is_retryable(&error) {
                return Err(error);
            }
            self.failures += 1;
            tracing::warn!(%error, lane = %self.lane, "waiting for the broker");
            let pause = pacing::jitter(pacing::back_off(self.failures.min(5)), random::fraction());
            if !retry::wait(stop, pause).await {
                return Err(error);
            }
        }
    }

    async fn try_next(&mut self) -> Result<Delivery, QueueError> {
        let consumer = match &mut self.consumer {
            Some(consumer) => consumer,
            none => none.insert(self.queue.consume(&self.lane, self.prefetch).await?),
        };
        consumer.next().await
    }
}
