use super::{DELIVERED, PUBLISH, PUBLISH_FAILED, PUBLISHED, SETTLE_FAILED, SETTLED};
use async_trait::async_trait;
use bytes::Bytes;
use shared::ports::queue::{Consumer, Delivery, Lane, Queue, QueueError, Settle, Settlement};
use std::sync::Arc;
use std::time::Instant;

/// A queue whose calls are counted and timed.
pub struct MeteredQueue(Arc<dyn Queue>);

impl MeteredQueue {
    /// Around a queue.
    pub fn new(queue: Arc<dyn Queue>) -> Self {
        MeteredQueue(queue)
    }
}

/// A lane's name; all workers' answers are one.
fn name(lane: &Lane) -> &'static str {
    match lane {
        Lane::Fetch { urgent: false } => "fetch",
        Lane::Fetch { urgent: true } => "fetch.urgent",
        Lane::Render { urgent: false } => "render",
        Lane::Render { urgent: true } => "render.urgent",
        Lane::Claim => "claim",
        Lane::Answer(_) => "answer",
        Lane::Paced => "paced",
        Lane::Parse { urgent: false } => "parse",
        Lane::Parse { urgent: true } => "parse.urgent",
        Lane::Dead => "dead",
    }
}

#[async_trait]
impl Queue for MeteredQueue {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        let (begun, count) = (Instant::now(), messages.len() as u64);
        self.0.publish(lane, messages).await.inspect_err(|_| PUBLISH_FAILED.add(&[name(lane)], 1))?;
        PUBLISH.took(&[], begun.elapsed());
        PUBLISHED.add(&[name(lane)], count);
        Ok(())
    }

    async fn consume(&self, lane: &Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let consumer = self.0.consume(lane, prefetch).await?;
        Ok(Box::new(MeteredConsumer { consumer, lane: name(lane) }))
    }

    async fn depth(&self, lane: &Lane) -> Result<u64, QueueError> {
        self.0.depth(lane).await
    }
}

struct MeteredConsumer {
    consumer: Box<dyn Consumer>,
    lane: &'static str,
}

#[async_trait]
impl Consumer for MeteredConsumer {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        let delivery = self.consumer.next().await?;
        DELIVERED.add(&[self.lane, if delivery.redelivered { "true" } else { "false" }], 1);
        Ok(delivery.settled_by(|settle| Box::new(MeteredSettle(settle))))
    }
}

struct MeteredSettle(Box<dyn Settle>);

#[async_trait]
impl Settle for MeteredSettle {
    async fn settle(&mut self, how: Settlement) -> Result<(), QueueError> {
        let name = match how {
            Settlement::Ack => "ack",
            Settlement::GiveBack => "give_back",
            Settlement::Bury(_) => "bury",
        };
        let counter = |settled: bool| if settled { SETTLED } else { SETTLE_FAILED };
        let settled = self.0.settle(how).await;
        counter(settled.is_ok()).add(&[name], 1);
        settled
    }
}
