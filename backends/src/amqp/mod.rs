//! The queue on RabbitMQ, 3.10 to 4.x, through `lapin`.
//!
//! The database is the truth and the broker a hint that can be filled again, so everything here is
//! made anew when it is lost: connections (`link`), queues (`topology`), consumers
//! (`consumer`). Publishing (`publisher`) and consuming have a connection each, because a broker
//! that runs out of memory stops reading from whoever publishes. Every wait has a deadline.
//!
//! What the broker does not do: retry, delay, give up on messages. The database does.

mod broken;
mod consumer;
mod link;
mod options;
mod publisher;
mod settle;
mod socket;
mod topology;
mod trace;

pub use options::{AmqpOptions, BadUrl};

use async_trait::async_trait;
use broken::Broken;
use bytes::Bytes;
use consumer::AmqpConsumer;
use link::Link;
use publisher::Publisher;
use shared::ports::{Consumer, Lane, Queue, QueueError};
use std::sync::Arc;
use tokio::time::Instant;

/// A queue on a RabbitMQ broker. It connects when it is first used.
pub struct AmqpQueue(Arc<Broker>);

/// What the parts share.
struct Broker {
    options: AmqpOptions,
    publisher: Publisher,
    consuming: Link,
}

impl AmqpQueue {
    /// A queue on the broker at `options.url`; nothing is connected yet.
    ///
    /// # Errors
    /// A URL that is none of a broker.
    pub fn new(options: AmqpOptions) -> Result<Self, BadUrl> {
        let uri = options.uri()?;
        let link = |what| Link::new(uri.clone(), format!("{} {what}", options.name));
        let publisher = Publisher::new(link("publishing"), &options);
        let consuming = link("consuming");
        Ok(AmqpQueue(Arc::new(Broker { options, publisher, consuming })))
    }
}

fn unavailable(lane: &Lane, broken: Broken) -> QueueError {
    QueueError::Unavailable { lane: lane.to_string(), cause: broken.to_string() }
}

#[async_trait]
impl Queue for AmqpQueue {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        self.0.publisher.publish(lane, messages).await.map_err(|broken| unavailable(lane, broken))
    }

    async fn consume(&self, lane: &Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let mut consumer = AmqpConsumer::new(self.0.clone(), lane.clone(), prefetch);
        let deadline = Instant::now() + self.0.options.deadline;
        consumer.attached(deadline).await.map_err(|broken| unavailable(lane, broken))?;
        Ok(Box::new(consumer))
    }

    async fn depth(&self, lane: &Lane) -> Result<u64, QueueError> {
        let deadline = Instant::now() + self.0.options.deadline;
        let depth = async {
            let live = self.0.consuming.live(deadline).await?;
            // To ask for a queue that is not there is an error in the broker's log, each time.
            topology::declare(&live, lane, self.0.options.capacity, deadline).await?;
            let channel = live.channel(deadline).await?;
            topology::depth(&channel, lane, deadline).await
        };
        depth.await.map_err(|broken| unavailable(lane, broken))
    }
}
