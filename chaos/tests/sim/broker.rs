//! A broker whose queues can be wiped while it is in use.

use async_trait::async_trait;
use backends::memory::{MemoryQueue, QueueLimits};
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ports::{Consumer, Delivery, Lane, Queue, QueueError};
use std::sync::Arc;
use std::time::Duration;

/// Clones are the same broker.
#[derive(Clone)]
pub struct Broker(Arc<Mutex<MemoryQueue>>);

fn empty() -> MemoryQueue {
    MemoryQueue::with(QueueLimits { capacity: 1_024, publish_deadline: Duration::from_secs(5) })
}

impl Broker {
    pub fn new() -> Self {
        Broker(Arc::new(Mutex::new(empty())))
    }

    /// Everything in it is lost, and everybody's connection breaks.
    pub fn wipe(&self) {
        let old = std::mem::replace(&mut *self.0.lock(), empty());
        old.close();
    }

    fn now(&self) -> MemoryQueue {
        self.0.lock().clone()
    }
}

fn broken(error: QueueError) -> QueueError {
    match error {
        QueueError::Closed => {
            QueueError::Unavailable { lane: "any".into(), cause: "the broker was wiped".into() }
        }
        other => other,
    }
}

#[async_trait]
impl Queue for Broker {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        self.now().publish(lane, messages).await.map_err(broken)
    }

    async fn consume(&self, lane: &Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let inner = self.now().consume(lane, prefetch).await.map_err(broken)?;
        Ok(Box::new(Reconnecting { broker: self.clone(), lane: lane.clone(), prefetch, inner }))
    }

    async fn depth(&self, lane: &Lane) -> Result<u64, QueueError> {
        self.now().depth(lane).await.map_err(broken)
    }
}

struct Reconnecting {
    broker: Broker,
    lane: Lane,
    prefetch: u16,
    inner: Box<dyn Consumer>,
}

#[async_trait]
impl Consumer for Reconnecting {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        match self.inner.next().await {
            Err(QueueError::Closed) => {
                self.inner = self.broker.now().consume(&self.lane, self.prefetch).await.map_err(broken)?;
                Err(broken(QueueError::Closed))
            }
            other => other,
        }
    }
}
