//! Takes offers of leases from the queue, as many as there are hands, and settles each when
//! everything made of it is safe.

use crate::WorkerError;
use crate::claims::{Claimed, Claims};
use crate::lease::{self, Context};
use crate::metrics::{ACTIVE, LEASES};
use crate::patience::Patience;
use crate::segment::Lost;
use futures::FutureExt;
use parking_lot::Mutex;
use shared::ids::LeaseId;
use shared::messages::{LeaseOffer, LeaseReport, Paced, decode, encode};
use shared::ports::{Consumer, Delivery, Lane, QueueError};
use shared::{crash, trace};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::task::JoinSet;
use tracing::Instrument;

/// Takes offers.
#[derive(Clone)]
pub struct Offers {
    context: Arc<Context>,
    claims: Arc<Claims>,
    /// Leases under way here, with what came of their offers again meanwhile.
    running: Arc<Mutex<HashMap<LeaseId, Vec<Delivery>>>>,
}

impl Offers {
    pub fn new(context: Arc<Context>, claims: Arc<Claims>) -> Self {
        Offers { context, claims, running: Arc::default() }
    }

    /// Takes offers of one lane until the stop, then waits for the leases that run. Never more
    /// than `hands` offers are unsettled here; what was delivered beyond goes back. Without hands the lane is
    /// left to others.
    pub async fn take(&self, lane: Lane, hands: usize) {
        let stop = &self.context.halt.stop;
        let mut leases = JoinSet::new();
        if hands == 0 {
            return stop.cancelled().await;
        }
        let opened = stop.run_until_cancelled(self.open(&lane, hands)).await.flatten();
        // A delivery comes again when its consumer is gone, so it stays to the end.
        let Some(mut consumer) = opened else { return };
        let mut patience = Patience::default();
        while !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some(ended) = leases.join_next() => log_panic(ended),
                next = consumer.next(), if leases.len() < hands => match next {
                    Ok(delivery) => {
                        patience.reset();
                        leases.spawn(self.clone().handle(delivery));
                    }
                    Err(QueueError::Closed) => {
                        self.context.halt.fail(WorkerError::Queue(QueueError::Closed));
                    }
                    Err(error) => {
                        stop.run_until_cancelled(patience.wait(&error)).await;
                    }
                }
            }
        }
        while let Some(ended) = leases.join_next().await {
            log_panic(ended);
        }
    }

    async fn open(&self, lane: &Lane, hands: usize) -> Option<Box<dyn Consumer>> {
        let prefetch = u16::try_from(hands).unwrap_or(u16::MAX);
        let mut patience = Patience::default();
        loop {
            match self.context.deps.queue.consume(lane, prefetch).await {
                Ok(consumer) => return Some(consumer),
                Err(QueueError::Closed) => {
                    self.context.halt.fail(WorkerError::Queue(QueueError::Closed));
                    return None;
                }
                Err(error) => patience.wait(&error).await,
            }
        }
    }

    async fn handle(self, delivery: Delivery) {
        let settled = match decode::<LeaseOffer>(&delivery.body) {
            Ok(offer) => {
                let (run, lease) = (offer.run, offer.lease);
                let span = || tracing::info_span!("lease", %run, %lease);
                let span = trace::follow(delivery.trace.as_ref(), span);
                self.hold(offer, delivery).instrument(span).await
            }
            Err(error) => delivery.bury(&error.to_string()).await,
        };
        if let Err(error) = settled {
            tracing::debug!(%error, "an offer was not settled");
        }
    }

    /// From the offer to its settlement. If a segment is lost, the offer is dropped unsettled.
    async fn hold(&self, offer: LeaseOffer, delivery: Delivery) -> Result<(), QueueError> {
        crash::point("worker.after_delivery");
        let lease = offer.lease;
        let Some(running) = self.begin(lease, delivery) else { return Ok(()) };
        if self.context.halt.stop.is_cancelled() {
            return running.give_back().await;
        }
        match self.claims.claim(&offer).await {
            Claimed::Gone => {
                LEASES.add(&["gone"], 1);
                tracing::debug!(%lease, "a lease is gone");
            }
            Claimed::Unsent => {
                LEASES.add(&["unsent"], 1);
                return running.give_back().await;
            }
            Claimed::Granted(granted) => {
                ACTIVE.step(&[], 1.0);
                let held = AssertUnwindSafe(lease::hold(&self.context, *granted)).catch_unwind().await;
                ACTIVE.step(&[], -1.0);
                let end = match &held {
                    Ok(Ok(_)) => "held",
                    Ok(Err(Lost)) => "lost",
                    Err(_) => "broken",
                };
                LEASES.add(&[end], 1);
                match held {
                    Ok(Ok(report)) => {
                        crash::point("worker.before_report");
                        self.report(report).await?;
                        crash::point("worker.after_report");
                    }
                    Ok(Err(Lost)) => return Ok(()),
                    // Settled without a report, it ends at its expiry, which is how the URL that
                    // broke it is found out. Begun again at once, it would ask without a pause.
                    Err(_) => tracing::error!(%lease, "a lease broke; it is left to its expiry"),
                }
            }
        }
        running.ack().await?;
        crash::point("worker.after_ack");
        Ok(())
    }

    /// Notes that a lease runs here. One that does already, because its offer came again, keeps
    /// the delivery until it ends.
    fn begin(&self, lease: LeaseId, delivery: Delivery) -> Option<Running> {
        let mut running = self.running.lock();
        if let Some(deliveries) = running.get_mut(&lease) {
            deliveries.push(delivery);
            return None;
        }
        running.insert(lease, vec![delivery]);
        Some(Running { lease, all: self.running.clone() })
    }

    async fn report(&self, report: LeaseReport) -> Result<(), QueueError> {
        let message = encode(&Paced::Report(Box::new(report)));
        let mut patience = Patience::default();
        loop {
            match self.context.deps.queue.publish(&Lane::Paced, vec![message.clone()]).await {
                Err(error) if error.is_retryable() => patience.wait(&error).await,
                other => return other,
            }
        }
    }
}

/// A lease that runs here; dropped, its deliveries come again.
struct Running {
    lease: LeaseId,
    all: Arc<Mutex<HashMap<LeaseId, Vec<Delivery>>>>,
}

impl Running {
    fn end(&self) -> Vec<Delivery> {
        self.all.lock().remove(&self.lease).unwrap_or_default()
    }

    async fn ack(self) -> Result<(), QueueError> {
        for delivery in self.end() {
            delivery.ack().await?;
        }
        Ok(())
    }

    async fn give_back(self) -> Result<(), QueueError> {
        for delivery in self.end() {
            delivery.give_back().await?;
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "an offer broke its handler; it comes again");
    }
}
