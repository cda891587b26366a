//! How a delivery is settled on the channel that it came on, and on no other.

use super::Broker;
use super::broken::{Broken, within};
use super::unavailable;
use async_trait::async_trait;
use bytes::Bytes;
use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::DeliveryTag;
use shared::ports::{DeadLetter, Lane, QueueError, Settle, Settlement};
use shared::{pacing, random};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Returns of a message that are done at once; from then on each waits longer, so that a message that
/// everybody gives back does not spin.
const FREE_RETURNS: u32 = 3;
/// The longest wait of a return.
const LONGEST: Duration = Duration::from_secs(5);

/// A delivery that is out. Dropped, it is given back.
pub(super) struct Unsettled {
    broker: Arc<Broker>,
    /// None: settled.
    channel: Option<Channel>,
    tag: DeliveryTag,
    returns: u32,
    message: (Lane, Bytes),
}

impl Unsettled {
    pub(super) fn new(
        broker: Arc<Broker>,
        channel: Channel,
        tag: DeliveryTag,
        returns: u32,
        message: (Lane, Bytes),
    ) -> Self {
        Unsettled { broker, channel: Some(channel), tag, returns, message }
    }

    async fn done(&self, channel: Channel, deadline: Instant) -> Result<(), Broken> {
        // A channel that is closed refuses: the message comes again on another.
        within(deadline, "settling", channel.basic_ack(self.tag, BasicAckOptions::default())).await
    }

    async fn bury(&self, channel: Channel, reason: String, deadline: Instant) -> Result<(), Broken> {
        let (lane, body) = &self.message;
        let letter = DeadLetter { lane: lane.to_string(), reason, body: body.clone() };
        self.broker.publisher.publish(&Lane::Dead, vec![letter.to_bytes()]).await?;
        self.done(channel, deadline.max(Instant::now() + self.broker.options.deadline)).await
    }
}

#[async_trait]
impl Settle for Unsettled {
    async fn settle(&mut self, how: Settlement) -> Result<(), QueueError> {
        let lane = self.message.0.clone();
        let again = || unavailable(&lane, Broken::because("settling", "it was settled before"));
        let channel = self.channel.take().ok_or_else(again)?;
        let deadline = Instant::now() + self.broker.options.deadline;
        let settled = match how {
            Settlement::Ack => self.done(channel, deadline).await,
            Settlement::Bury(reason) => self.bury(channel, reason, deadline).await,
            Settlement::GiveBack if self.returns < FREE_RETURNS => {
                give_back(&channel, self.tag, deadline).await
            }
            Settlement::GiveBack => {
                self.give_back_later(channel);
                Ok(())
            }
        };
        settled.map_err(|broken| unavailable(&lane, broken))
    }
}

impl Unsettled {
    /// Gives it back in the background. If that fails the channel is closed, and it comes again.
    fn give_back_later(&self, channel: Channel) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (tag, returns, patience) = (self.tag, self.returns, self.broker.options.deadline);
        runtime.spawn(async move {
            sleep(wait(returns)).await;
            if let Err(error) = give_back(&channel, tag, Instant::now() + patience).await {
                tracing::debug!(%error, "a delivery could not be given back; it comes again");
            }
        });
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(channel) = self.channel.take() {
            self.give_back_later(channel);
        }
    }
}

async fn give_back(channel: &Channel, tag: DeliveryTag, deadline: Instant) -> Result<(), Broken> {
    let requeue = BasicNackOptions { requeue: true, multiple: false };
    within(deadline, "giving back", channel.basic_nack(tag, requeue)).await
}

/// How long the next return of a message waits.
fn wait(returns: u32) -> Duration {
    let doublings = returns.saturating_sub(FREE_RETURNS);
    if returns < FREE_RETURNS {
        return Duration::ZERO;
    }
    let wait = Duration::from_millis(100).saturating_mul(1 << doublings.min(16));
    pacing::jitter(wait.min(LONGEST), random::fraction())
}
