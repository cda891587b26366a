//! One lane: what waits in it, and what is out with a consumer.

use bytes::Bytes;
use parking_lot::Mutex;
use shared::ports::Lane;
use shared::trace::TraceContext;
use std::collections::{BTreeMap, HashMap, VecDeque};
use tokio::sync::Notify;

/// Names one delivery in its lane; a message that comes again gets another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Tag(u64);

/// Names one consumer of a lane.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct ConsumerId(u64);

/// A lane and those who wait at its ends.
pub(super) struct LaneState {
    pub(super) lane: Lane,
    messages: Mutex<Messages>,
    /// A message may have become available to somebody.
    pub(super) arrived: Notify,
    /// There may be room for another message.
    pub(super) room: Notify,
}

#[derive(Default)]
struct Messages {
    /// By place: what comes again stands where it stood before, in front of what came later.
    waiting: BTreeMap<u64, Waiting>,
    out: HashMap<Tag, Out>,
    /// Unsettled deliveries of each consumer.
    consumers: HashMap<ConsumerId, u16>,
    counter: u64,
}

struct Waiting {
    message: Message,
    redelivered: bool,
}

/// What travels.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) body: Bytes,
    pub(super) trace: Option<TraceContext>,
}

struct Out {
    place: u64,
    consumer: ConsumerId,
    message: Message,
}

impl Messages {
    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn come_again(&mut self, out: Out) {
        self.waiting.insert(out.place, Waiting { message: out.message, redelivered: true });
    }

    fn settle(&mut self, tag: Tag) -> Option<Out> {
        let out = self.out.remove(&tag)?;
        if let Some(unsettled) = self.consumers.get_mut(&out.consumer) {
            *unsettled -= 1;
        }
        Some(out)
    }
}

impl LaneState {
    pub(super) fn new(lane: Lane) -> Self {
        LaneState { lane, messages: Mutex::default(), arrived: Notify::new(), room: Notify::new() }
    }

    /// Takes in as many of these messages as there is room for.
    pub(super) fn fill(&self, from: &mut VecDeque<Message>, capacity: usize) {
        let mut messages = self.messages.lock();
        while messages.waiting.len() < capacity
            && let Some(message) = from.pop_front()
        {
            let place = messages.count();
            messages.waiting.insert(place, Waiting { message, redelivered: false });
        }
        drop(messages);
        self.arrived.notify_waiters();
    }

    /// A new consumer.
    pub(super) fn join(&self) -> ConsumerId {
        let mut messages = self.messages.lock();
        let id = ConsumerId(messages.count());
        messages.consumers.insert(id, 0);
        id
    }

    /// A consumer is gone: what it had not settled comes again. True if it was the last one.
    pub(super) fn leave(&self, consumer: ConsumerId) -> bool {
        let mut messages = self.messages.lock();
        messages.consumers.remove(&consumer);
        let tags: Vec<Tag> =
            messages.out.iter().filter(|(_, out)| out.consumer == consumer).map(|(tag, _)| *tag).collect();
        for tag in tags {
            if let Some(out) = messages.out.remove(&tag) {
                messages.come_again(out);
            }
        }
        let last = messages.consumers.is_empty();
        drop(messages);
        self.arrived.notify_waiters();
        last
    }

    /// The next message for a consumer, if there is one and it may have one more.
    pub(super) fn take(&self, consumer: ConsumerId, prefetch: u16) -> Option<(Tag, Message, bool)> {
        let mut messages = self.messages.lock();
        let unsettled = messages.consumers.get_mut(&consumer).filter(|unsettled| **unsettled < prefetch)?;
        *unsettled += 1;
        let Some((place, Waiting { message, redelivered })) = messages.waiting.pop_first() else {
            *messages.consumers.get_mut(&consumer)? -= 1;
            return None;
        };
        let tag = Tag(messages.count());
        messages.out.insert(tag, Out { place, consumer, message: message.clone() });
        drop(messages);
        self.room.notify_waiters();
        Some((tag, message, redelivered))
    }

    /// A message is done with; its bytes, unless it was not out any more.
    pub(super) fn remove(&self, tag: Tag) -> Option<Bytes> {
        let out = self.messages.lock().settle(tag)?;
        self.arrived.notify_waiters();
        Some(out.message.body)
    }

    /// A message comes again; false if it was not out any more.
    pub(super) fn give_back(&self, tag: Tag) -> bool {
        let mut messages = self.messages.lock();
        let Some(out) = messages.settle(tag) else { return false };
        messages.come_again(out);
        drop(messages);
        self.arrived.notify_waiters();
        true
    }

    pub(super) fn depth(&self) -> u64 {
        self.messages.lock().waiting.len() as u64
    }
}
