//! The broker: carries messages between the stages, and owns nothing.

use crate::ids::Incarnation;
use crate::trace::TraceContext;
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A named queue. Urgent work has lanes of its own, so that no priorities are needed of the broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// Offers of leases, for any worker.
    Fetch {
        /// Somebody waits for it.
        urgent: bool,
    },
    /// Offers of leases whose pages need a browser, for any worker that has one.
    Render {
        /// Somebody waits for it.
        urgent: bool,
    },
    /// Claims of leases, for any dispatcher.
    Claim,
    /// Answers to one worker's claims. Goes away with the worker.
    Answer(Incarnation),
    /// Reports of leases and hints, for any dispatcher.
    Paced,
    /// Segments that are stored, for any parser.
    Parse {
        /// Somebody waits for it.
        urgent: bool,
    },
    /// What nobody could read.
    Dead,
}

impl Lane {
    /// The lane of this name. None for answers, whose workers are not there any more, and for what is
    /// no lane.
    pub fn named(name: &str) -> Option<Lane> {
        let urgent = [false, true].into_iter();
        let lanes = urgent
            .flat_map(|urgent| [Lane::Fetch { urgent }, Lane::Render { urgent }, Lane::Parse { urgent }]);
        lanes.chain([Lane::Claim, Lane::Paced, Lane::Dead]).find(|lane| lane.to_string() == name)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lane::Fetch { urgent: false } => f.write_str("fetch"),
            Lane::Fetch { urgent: true } => f.write_str("fetch.urgent"),
            Lane::Render { urgent: false } => f.write_str("render"),
            Lane::Render { urgent: true } => f.write_str("render.urgent"),
            Lane::Claim => f.write_str("claim"),
            Lane::Answer(worker) => write!(f, "answer.{worker}"),
            Lane::Paced => f.write_str("paced"),
            Lane::Parse { urgent: false } => f.write_str("parse"),
            Lane::Parse { urgent: true } => f.write_str("parse.urgent"),
            Lane::Dead => f.write_str("dead"),
        }
    }
}

/// A broker with named lanes, at least once, settle last.
///
/// # Contract
/// - `publish` returns `Ok` when every message is where a restart of the broker does not lose it
///   (in process: where a consumer's death does not), and in a lane that exists; anything else is
///   an error, and then any part of the batch may have arrived. A full lane makes it wait, up to a
///   deadline, then it fails as retryable.
/// - A lane exists from its first use. Messages of one publisher come in order, redeliveries and a
///   full lane aside.
/// - `consume` gives each message to one consumer at a time, and at most `prefetch` unsettled ones.
/// - A delivery that is dropped, or whose consumer is dropped or dies, before it is settled, comes
///   again, to any consumer, with `redelivered` set. One given back comes again as well.
/// - A buried delivery goes to [`Lane::Dead`] as a [`DeadLetter`]: its lane, its reason, its bytes.
/// - [`Lane::Answer`] may lose what was published while no consumer was there.
/// - A message is delivered with the trace of the span that published it.
#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// Publishes messages to a lane and waits until the broker has them.
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError>;

    /// Begins to consume a lane.
    async fn consume(&self, lane: &Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError>;

    /// Messages that wait in a lane, the unsettled ones not counted.
    async fn depth(&self, lane: &Lane) -> Result<u64, QueueError>;
}

/// One consumer of one lane.
#[async_trait]
pub trait Consumer: Send {
    /// The next delivery; waits for one. Safe to cancel: nothing is lost.
    ///
    /// # Errors
    /// After an error the consumer may be used again; it reconnects by itself.
    async fn next(&mut self) -> Result<Delivery, QueueError>;
}

/// A message that is to be settled, once.
pub struct Delivery {
    /// The message.
    pub body: Bytes,
    /// It may have been delivered before.
    pub redelivered: bool,
    /// The trace that its publisher was in.
    pub trace: Option<TraceContext>,
    settle: Box<dyn Settle>,
}

impl Delivery {
    /// Made by implementations of [`Consumer`].
    pub fn new(body: Bytes, redelivered: bool, settle: Box<dyn Settle>) -> Self {
        Delivery { body, redelivered, trace: None, settle }
    }

    /// The same, in a trace.
    #[must_use]
    pub fn in_trace(self, trace: Option<TraceContext>) -> Self {
        Delivery { trace, ..self }
    }

    /// The same delivery, settled through something around what settles it.
    #[must_use]
    pub fn settled_by(mut self, around: impl FnOnce(Box<dyn Settle>) -> Box<dyn Settle>) -> Self {
        self.settle = around(self.settle);
        self
    }

    /// Everything made from it is safe elsewhere: it will not come again.
    ///
    /// # Errors
    /// If the broker could not be told; the message may come again.
    pub async fn ack(mut self) -> Result<(), QueueError> {
        self.settle.settle(Settlement::Ack).await
    }

    /// It was not begun: it comes again, to anybody.
    ///
    /// # Errors
    /// If the broker could not be told; the message comes again all the same.
    pub async fn give_back(mut self) -> Result<(), QueueError> {
        self.settle.settle(Settlement::GiveBack).await
    }

    /// It can never be handled: to the dead lane, with the reason.
    ///
    /// # Errors
    /// If the broker could not be told; the message may come again.
    pub async fn bury(mut self, reason: &str) -> Result<(), QueueError> {
        self.settle.settle(Settlement::Bury(reason.to_owned())).await
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("bytes", &self.body.len())
            .field("redelivered", &self.redelivered)
            .finish()
    }
}

/// How a delivery is settled by its implementation. Dropped without a call, it comes again.
#[async_trait]
pub trait Settle: Send {
    /// Called at most once.
    async fn settle(&mut self, how: Settlement) -> Result<(), QueueError>;
}

/// What becomes of a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settlement {
    /// Done.
    Ack,
    /// Again, for anybody.
    GiveBack,
    /// To the dead lane, for this reason.
    Bury(String),
}

/// The broker did not do it.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Not now: full, unreachable, or no confirmation in time. Worth trying again.
    #[error("the queue {lane} is not available: {cause}")]
    Unavailable {
        /// The lane.
        lane: String,
        /// What went wrong.
        cause: String,
    },
    /// The broker is shut down for good (in process: the program ends).
    #[error("the queue is closed")]
    Closed,
}

impl QueueError {
    /// Whether another try could succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, QueueError::Unavailable { .. })
    }
}

/// What lies in [`Lane::Dead`]: JSON, the bytes in base 64.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The lane that it was buried from, as [`Lane`] shows it.
    pub lane: String,
    /// Why.
    pub reason: String,
    /// The message as it came.
    #[serde(with = "base64")]
    pub body: Bytes,
}

impl DeadLetter {
    /// As it lies in the lane.
    pub fn to_bytes(&self) -> Bytes {
        // Two texts and a byte string: this cannot fail.
        serde_json::to_vec(self).map(Bytes::from).unwrap_or_default()
    }

    /// Read back; None if it is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

mod base64 {
    use bytes::Bytes;
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map(Bytes::from).map_err(D::Error::custom)
    }
}
