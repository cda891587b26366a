//! The queue in memory. It keeps the whole contract of a broker, so that the embedded mode needs
//! no other code; what it cannot do is to outlive the process, which the database makes good.

use super::lane::{ConsumerId, LaneState, Message, Tag};
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ports::{Consumer, DeadLetter, Delivery, Lane, Queue, QueueError, Settle, Settlement};
use shared::trace::TraceContext;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What a lane holds, and how long a publisher waits for room in it.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Messages that wait in one lane; those out with consumers are not counted, and
    /// [`Lane::Dead`] has no bound, so that burying never fails.
    pub capacity: usize,
    /// How long [`Queue::publish`] waits for room.
    pub publish_deadline: Duration,
}

impl Default for QueueLimits {
    fn default() -> Self {
        QueueLimits { capacity: 1_024, publish_deadline: Duration::from_secs(30) }
    }
}

/// A queue within one process. Clones are the same queue.
///
/// What comes again stands in front. [`Lane::Answer`] exists while a consumer does; what is
/// published to it before or after is lost.
#[derive(Clone)]
pub struct MemoryQueue(Arc<Broker>);

struct Broker {
    limits: QueueLimits,
    /// None: closed.
    lanes: Mutex<Option<HashMap<Lane, Arc<LaneState>>>>,
}

impl Broker {
    /// The lane; made at its first use, if it may be.
    fn lane(&self, lane: &Lane, make: bool) -> Result<Option<Arc<LaneState>>, QueueError> {
        let mut lanes = self.lanes.lock();
        let lanes = lanes.as_mut().ok_or(QueueError::Closed)?;
        if let Some(known) = lanes.get(lane) {
            return Ok(Some(known.clone()));
        }
        if !make {
            return Ok(None);
        }
        let new = Arc::new(LaneState::new(lane.clone()));
        lanes.insert(lane.clone(), new.clone());
        Ok(Some(new))
    }

    fn is_closed(&self) -> bool {
        self.lanes.lock().is_none()
    }

    /// Under the lock of all lanes, so that an answer lane does not vanish under a new consumer.
    fn join(&self, lane: &Lane) -> Result<(Arc<LaneState>, ConsumerId), QueueError> {
        let mut lanes = self.lanes.lock();
        let lanes = lanes.as_mut().ok_or(QueueError::Closed)?;
        let state = lanes.entry(lane.clone()).or_insert_with(|| Arc::new(LaneState::new(lane.clone())));
        Ok((state.clone(), state.join()))
    }

    fn leave(&self, lane: &LaneState, consumer: ConsumerId) {
        let mut lanes = self.lanes.lock();
        let last = lane.leave(consumer);
        if let (true, Lane::Answer(_), Some(lanes)) = (last, &lane.lane, lanes.as_mut()) {
            lanes.remove(&lane.lane);
        }
    }
}

impl MemoryQueue {
    /// An empty queue with the usual limits.
    pub fn new() -> Self {
        Self::with(QueueLimits::default())
    }

    /// An empty queue.
    pub fn with(limits: QueueLimits) -> Self {
        MemoryQueue(Arc::new(Broker { limits, lanes: Mutex::new(Some(HashMap::new())) }))
    }

    /// Shuts down for good: whoever waits or comes is told [`QueueError::Closed`].
    pub fn close(&self) {
        let lanes = self.0.lanes.lock().take();
        for lane in lanes.into_iter().flatten().map(|(_, lane)| lane) {
            lane.arrived.notify_waiters();
            lane.room.notify_waiters();
        }
    }
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new()
    }
}

fn unavailable(lane: &Lane, cause: &str) -> QueueError {
    QueueError::Unavailable { lane: lane.to_string(), cause: cause.to_owned() }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        let limits = self.0.limits;
        let make = !matches!(lane, Lane::Answer(_));
        let Some(state) = self.0.lane(lane, make)? else { return Ok(()) };
        let deadline = Instant::now() + limits.publish_deadline;
        let trace = TraceContext::current();
        let mut left: VecDeque<Message> =
            messages.into_iter().map(|body| Message { body, trace: trace.clone() }).collect();
        loop {
            let mut room = std::pin::pin!(state.room.notified());
            room.as_mut().enable();
            if self.0.is_closed() {
                return Err(QueueError::Closed);
            }
            state.fill(&mut left, limits.capacity);
            if left.is_empty() {
                return Ok(());
            }
            if timeout_at(deadline, room).await.is_err() {
                return Err(unavailable(lane, "it is full"));
            }
        }
    }

    async fn consume(&self, lane: &Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let (lane, id) = self.0.join(lane)?;
        Ok(Box::new(MemoryConsumer { broker: self.0.clone(), lane, id, prefetch: prefetch.max(1) }))
    }

    async fn depth(&self, lane: &Lane) -> Result<u64, QueueError> {
        Ok(self.0.lane(lane, false)?.map_or(0, |state| state.depth()))
    }
}

struct MemoryConsumer {
    broker: Arc<Broker>,
    lane: Arc<LaneState>,
    id: ConsumerId,
    prefetch: u16,
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        loop {
            let mut arrived = std::pin::pin!(self.lane.arrived.notified());
            arrived.as_mut().enable();
            if self.broker.is_closed() {
                return Err(QueueError::Closed);
            }
            if let Some((tag, message, redelivered)) = self.lane.take(self.id, self.prefetch) {
                let settle =
                    Unsettled { broker: self.broker.clone(), lane: self.lane.clone(), tag: Some(tag) };
                let delivery = Delivery::new(message.body, redelivered, Box::new(settle));
                return Ok(delivery.in_trace(message.trace));
            }
            arrived.await;
        }
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        self.broker.leave(&self.lane, self.id);
    }
}

/// A delivery that is out. Dropped with its tag, it comes again.
struct Unsettled {
    broker: Arc<Broker>,
    lane: Arc<LaneState>,
    tag: Option<Tag>,
}

#[async_trait]
impl Settle for Unsettled {
    async fn settle(&mut self, how: Settlement) -> Result<(), QueueError> {
        let gone = || unavailable(&self.lane.lane, "its consumer is gone, the message comes again");
        let tag = self.tag.take().ok_or_else(gone)?;
        match how {
            Settlement::Ack => self.lane.remove(tag).map(drop).ok_or_else(gone),
            Settlement::GiveBack => self.lane.give_back(tag).then_some(()).ok_or_else(gone),
            Settlement::Bury(reason) => {
                let body = self.lane.remove(tag).ok_or_else(gone)?;
                let letter = DeadLetter { lane: self.lane.lane.to_string(), reason, body };
                if let Some(dead) = self.broker.lane(&Lane::Dead, true)? {
                    let letter = Message { body: letter.to_bytes(), trace: TraceContext::current() };
                    dead.fill(&mut VecDeque::from([letter]), usize::MAX);
                }
                Ok(())
            }
        }
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(tag) = self.tag.take() {
            self.lane.give_back(tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    const FETCH: Lane = Lane::Fetch { urgent: false };

    #[tokio::test]
    async fn what_comes_again_comes_first_and_in_its_old_order() {
        let queue = MemoryQueue::new();
        queue.publish(&FETCH, ["1", "2", "3", "4"].map(Bytes::from).to_vec()).await.unwrap();
        let mut consumer = queue.consume(&FETCH, 9).await.unwrap();
        let [first, second, third] =
            [consumer.next().await.unwrap(), consumer.next().await.unwrap(), consumer.next().await.unwrap()];
        drop(third);
        first.give_back().await.unwrap();
        drop(consumer);
        let mut consumer = queue.consume(&FETCH, 9).await.unwrap();
        for expected in ["1", "2", "3", "4"] {
            assert_eq!(consumer.next().await.unwrap().body, expected);
            // Dropped at once, so each comes again; settle it to go on.
            consumer.next().await.unwrap().ack().await.unwrap();
        }
        assert!(second.ack().await.unwrap_err().is_retryable());
        assert_eq!(queue.depth(&FETCH).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn closing_tells_everybody() {
        let queue = MemoryQueue::with(QueueLimits { capacity: 1, ..QueueLimits::default() });
        queue.publish(&FETCH, vec![Bytes::new()]).await.unwrap();
        let mut consumer = queue.consume(&Lane::Paced, 1).await.unwrap();
        let mut next = consumer.next();
        let mut publish = queue.publish(&FETCH, vec![Bytes::new()]);
        let both = std::future::poll_fn(|cx| {
            Poll::Ready(next.as_mut().poll(cx).is_pending() && publish.as_mut().poll(cx).is_pending())
        });
        assert!(both.await);
        queue.close();
        assert!(matches!(next.await, Err(QueueError::Closed)));
        assert!(matches!(publish.await, Err(QueueError::Closed)));
        assert!(matches!(queue.consume(&FETCH, 1).await.map(drop), Err(QueueError::Closed)));
        assert!(matches!(queue.depth(&FETCH).await, Err(QueueError::Closed)));
    }
}
