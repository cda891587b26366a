//! Publishing: all of a batch at once, then its confirmations; what was not confirmed, again.

use super::broken::{Broken, within};
use super::link::{Link, Live};
use super::options::AmqpOptions;
use super::{topology, trace};
use bytes::Bytes;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use parking_lot::Mutex;
use shared::ports::Lane;
use shared::{pacing, random};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause before a message is published again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Channels that are kept for later.
const MOST_IDLE: usize = 8;
/// What makes a message survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// See the module.
pub(super) struct Publisher {
    link: Link,
    idle: Mutex<Vec<Line>>,
    capacity: u32,
    deadline: Duration,
}

/// A channel in confirm mode. One batch has it at a time: the driver cannot tell to which of several
/// batches a returned message belongs.
struct Line {
    live: Arc<Live>,
    channel: Channel,
}

impl Publisher {
    pub(super) fn new(link: Link, options: &AmqpOptions) -> Self {
        let (capacity, deadline) = (options.capacity, options.publish_deadline);
        Publisher { link, idle: Mutex::default(), capacity, deadline }
    }

    /// Publishes until every message is confirmed and none came back, or the deadline is over.
    pub(super) async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), Broken> {
        let deadline = Instant::now() + self.deadline;
        let mut left = messages;
        let mut pause = PAUSES.0;
        while !left.is_empty() {
            let broken = match self.send(lane, &mut left, deadline).await {
                Ok(()) if left.is_empty() => break,
                Ok(()) => Broken::because("publishing", "the lane is full or was gone"),
                Err(broken) => broken,
            };
            let wait = pacing::jitter(pause, random::fraction());
            if Instant::now() + wait >= deadline {
                return Err(broken);
            }
            tracing::debug!(%lane, left = left.len(), %broken, "publishing again");
            sleep(wait).await;
            pause = (pause * 2).min(PAUSES.1);
        }
        Ok(())
    }

    /// Publishes once, and leaves in `left` what was not taken.
    async fn send(&self, lane: &Lane, left: &mut Vec<Bytes>, deadline: Instant) -> Result<(), Broken> {
        let line = self.line(deadline).await?;
        let sent = self.send_on(&line, lane, left, deadline).await;
        match &sent {
            Ok(()) => self.keep(line),
            // The channel is dropped, and closes.
            Err(broken) => self.link.heard(&line.live, broken).await,
        }
        sent
    }

    async fn send_on(
        &self,
        line: &Line,
        lane: &Lane,
        left: &mut Vec<Bytes>,
        deadline: Instant,
    ) -> Result<(), Broken> {
        unblocked(&line.live, deadline).await?;
        topology::declare(&line.live, lane, self.capacity, deadline).await?;
        let key = topology::queue(lane);
        // An answer that nobody waits for any more may be lost.
        let mandatory = !matches!(lane, Lane::Answer(_));
        let options = BasicPublishOptions { mandatory, immediate: false };
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let properties = trace::with_current(properties);
        let mut confirms = Vec::with_capacity(left.len());
        for (place, message) in left.iter().enumerate() {
            let properties = properties.clone().with_message_id(place.to_string().into());
            let publishing = line.channel.basic_publish("".into(), key.clone(), options, message, properties);
            confirms.push(within(deadline, "publishing", publishing).await?);
        }
        shared::crash::point("queue.before_confirm");
        let mut taken = vec![false; left.len()];
        let mut returned = Vec::new();
        for (place, confirm) in confirms.into_iter().enumerate() {
            let confirmation = within(deadline, "waiting for a confirmation", confirm).await?;
            taken[place] = confirmation.is_ack();
            returned.extend(place_of(confirmation));
        }
        if !returned.is_empty() {
            // Nothing took it: the queue is gone.
            line.live.declared.lock().remove(lane);
        }
        for place in returned {
            if let Some(taken) = taken.get_mut(place) {
                *taken = false;
            }
        }
        let mut taken = taken.into_iter();
        left.retain(|_| taken.next() == Some(false));
        Ok(())
    }

    async fn line(&self, deadline: Instant) -> Result<Line, Broken> {
        let live = self.link.live(deadline).await?;
        {
            let mut idle = self.idle.lock();
            idle.retain(|line| Arc::ptr_eq(&line.live, &live) && line.channel.status().connected());
            if let Some(line) = idle.pop() {
                return Ok(line);
            }
        }
        let channel = match live.channel(deadline).await {
            Ok(channel) => channel,
            Err(broken) => {
                self.link.heard(&live, &broken).await;
                return Err(broken);
            }
        };
        let selecting = channel.confirm_select(ConfirmSelectOptions::default());
        within(deadline, "asking for confirmations", selecting).await?;
        Ok(Line { live, channel })
    }

    fn keep(&self, line: Line) {
        let mut idle = self.idle.lock();
        if idle.len() < MOST_IDLE {
            idle.push(line);
        }
    }
}

/// Waits while the broker does not read from this connection.
async fn unblocked(live: &Live, deadline: Instant) -> Result<(), Broken> {
    while live.is_blocked() {
        if Instant::now() >= deadline {
            return Err(Broken::because("publishing", "the broker is short of memory or disk"));
        }
        sleep(PAUSES.0).await;
    }
    Ok(())
}

/// Which message of the batch came back with a confirmation, not necessarily its own.
fn place_of(confirmation: Confirmation) -> Option<usize> {
    confirmation.take_message()?.properties.message_id().as_ref()?.as_str().parse().ok()
}
