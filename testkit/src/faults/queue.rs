//! A queue that fails when it is told to. Calls: `publish.LANE`, `consume.LANE`, `next.LANE`, and how
//! deliveries are settled, `ack.LANE`, `give_back.LANE`, `bury.LANE`.

use super::{Faults, How};
use async_trait::async_trait;
use bytes::Bytes;
use shared::ports::{Consumer, Delivery, Lane, Queue, QueueError, Settle, Settlement};
use std::sync::Arc;

/// See the module.
pub struct FaultyQueue {
    inner: Arc<dyn Queue>,
    faults: Faults,
}

impl FaultyQueue {
    /// Around a queue.
    pub fn new(inner: Arc<dyn Queue>, faults: Faults) -> Self {
        FaultyQueue { inner, faults }
    }
}

fn told() -> QueueError {
    QueueError::Unavailable { lane: "any".into(), cause: "told to".into() }
}

/// A lane's name without a worker's.
fn name(what: &str, lane: &Lane) -> String {
    match lane {
        Lane::Answer(_) => format!("{what}.answer"),
        lane => format!("{what}.{lane}"),
    }
}

#[async_trait]
impl Queue for FaultyQueue {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        let call = name("publish", lane);
        let how = self.faults.strike(&call);
        match how {
            Some(How::Lose) => return Ok(()),
            Some(How::Twice) => self.inner.publish(lane, messages.clone()).await?,
            Some(How::Behind(by)) => {
                let (inner, lane) = (self.inner.clone(), lane.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(by).await;
                    inner.publish(&lane, messages).await
                });
                return Ok(());
            }
            _ => {}
        }
        self.faults.under(how, self.inner.publish(lane, messages), told).await
    }

    async fn consume(&self, lane: &Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let inner =
            self.faults.around(&name("consume", lane), self.inner.consume(lane, prefetch), told).await?;
        Ok(Box::new(FaultyConsumer { inner, lane: lane.clone(), faults: self.faults.clone() }))
    }

    async fn depth(&self, lane: &Lane) -> Result<u64, QueueError> {
        self.inner.depth(lane).await
    }
}

struct FaultyConsumer {
    inner: Box<dyn Consumer>,
    lane: Lane,
    faults: Faults,
}

#[async_trait]
impl Consumer for FaultyConsumer {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        if self.faults.strike(&name("next", &self.lane)).is_some() {
            return Err(told());
        }
        let delivery = self.inner.next().await?;
        let (body, redelivered, trace) =
            (delivery.body.clone(), delivery.redelivered, delivery.trace.clone());
        let settle =
            FaultySettle { delivery: Some(delivery), lane: self.lane.clone(), faults: self.faults.clone() };
        Ok(Delivery::new(body, redelivered, Box::new(settle)).in_trace(trace))
    }
}

struct FaultySettle {
    delivery: Option<Delivery>,
    lane: Lane,
    faults: Faults,
}

#[async_trait]
impl Settle for FaultySettle {
    async fn settle(&mut self, how: Settlement) -> Result<(), QueueError> {
        let delivery = self.delivery.take().ok_or_else(told)?;
        let (lane, faults) = (&self.lane, &self.faults);
        match how {
            Settlement::Ack => faults.around(&name("ack", lane), delivery.ack(), told).await,
            Settlement::GiveBack => faults.around(&name("give_back", lane), delivery.give_back(), told).await,
            Settlement::Bury(reason) => {
                faults.around(&name("bury", lane), delivery.bury(&reason), told).await
            }
        }
    }
}
