//! A lease begins when it is granted: the claim goes out, the answer comes on this worker's lane.

use crate::Deps;
use crate::patience::Patience;
use parking_lot::Mutex;
use shared::ids::{Incarnation, LeaseId};
use shared::messages::{Answer, Claim, Grant, LeaseOffer, decode, encode};
use shared::ports::{Consumer, Lane, Queue, QueueError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// Answers that wait unread.
const PREFETCH: u16 = 64;
/// Times a lease is claimed before it counts as gone.
const CLAIMS: u32 = 2;

/// What came of a claim.
pub enum Claimed {
    /// The lease is ours.
    Granted(Box<Granted>),
    /// It is somebody else's, or over; or nobody answered.
    Gone,
    /// The claim could not be sent.
    Unsent,
}

/// A lease that is ours.
pub struct Granted {
    /// What to fetch, and how.
    pub grant: Grant,
    /// When it was claimed; from here its time counts.
    pub claimed_at: Instant,
    /// When the answer came.
    pub granted_at: Instant,
}

/// The claims of one worker.
pub struct Claims {
    queue: Arc<dyn Queue>,
    worker: Incarnation,
    timeout: Duration,
    waiting: Mutex<HashMap<LeaseId, oneshot::Sender<Option<Grant>>>>,
}

impl Claims {
    pub fn new(deps: &Deps, worker: Incarnation, timeout: Duration) -> Arc<Self> {
        Arc::new(Claims { queue: deps.queue.clone(), worker, timeout, waiting: Mutex::default() })
    }

    /// Opens this worker's lane of answers; to be done before the first claim.
    pub async fn open(&self) -> Box<dyn Consumer> {
        let mut patience = Patience::default();
        loop {
            match self.queue.consume(&Lane::Answer(self.worker.clone()), PREFETCH).await {
                Ok(consumer) => return consumer,
                Err(error) => patience.wait(&error).await,
            }
        }
    }

    /// Hands answers to those who wait for them. Ends when the queue is closed.
    pub async fn listen(&self, mut answers: Box<dyn Consumer>) {
        let mut patience = Patience::default();
        loop {
            let delivery = match answers.next().await {
                Ok(delivery) => delivery,
                Err(QueueError::Closed) => return std::future::pending().await,
                Err(error) => {
                    patience.wait(&error).await;
                    continue;
                }
            };
            patience.reset();
            let settled = match decode::<Answer>(&delivery.body) {
                Ok(Answer { lease, grant }) => {
                    if let Some(waiting) = self.waiting.lock().remove(&lease) {
                        // Nobody waits any more: the claim was given up a moment ago.
                        let _ = waiting.send(grant);
                    }
                    delivery.ack().await
                }
                Err(error) => delivery.bury(&error.to_string()).await,
            };
            if let Err(error) = settled {
                tracing::debug!(%error, "an answer was not settled");
            }
        }
    }

    /// Claims a lease. An answer that is lost is asked for once more.
    pub async fn claim(&self, offer: &LeaseOffer) -> Claimed {
        let (sender, mut answer) = oneshot::channel();
        self.waiting.lock().insert(offer.lease, sender);
        let claim = Claim { lease: offer.lease, host: offer.host, worker: self.worker.clone() };
        let message = encode(&claim);
        let claimed_at = Instant::now();
        let mut patience = Patience::default();
        let mut claimed = Claimed::Unsent;
        for _ in 0..CLAIMS {
            if let Err(error) = self.queue.publish(&Lane::Claim, vec![message.clone()]).await {
                patience.wait(&error).await;
                continue;
            }
            claimed = Claimed::Gone;
            if let Ok(answer) = timeout(self.timeout, &mut answer).await {
                if let Ok(Some(grant)) = answer {
                    let granted_at = Instant::now();
                    claimed = Claimed::Granted(Box::new(Granted { grant, claimed_at, granted_at }));
                }
                break;
            }
            tracing::debug!(lease = %offer.lease, "no answer to a claim");
        }
        self.waiting.lock().remove(&offer.lease);
        claimed
    }
}
