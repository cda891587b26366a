//! What travels over the queue. Each message has a name, a version and one home: here.
//!
//! On the wire it is JSON: `{"m":"lease.offer","v":1,"b":{...}}`. A reader takes the version that it
//! knows; anything else is unreadable, and goes to the dead lane. Messages only carry and hint:
//! the database is the truth, so that any of them may be lost, doubled or late.

use crate::ids::{HostId, Incarnation, LeaseId, RunId, SegmentId, UrlId};
use crate::job::{Politeness, Request};
use crate::outcome::Kind;
use crate::robots::RobotsAnswer;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A message that has a name and a version.
pub trait Message: Serialize + DeserializeOwned {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Its version; raised when old readers would misread it.
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    m: std::borrow::Cow<'static, str>,
    v: u32,
    b: T,
}

/// A message that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not an envelope, or not this message's body.
    #[error("not a {name} message: {cause}")]
    Malformed {
        /// The message that was expected.
        name: &'static str,
        /// What the JSON reader says.
        cause: serde_json::Error,
    },
    /// Another message, or another version of it.
    #[error("expected {expected}, found {found}")]
    Other {
        /// Name and version that were expected.
        expected: String,
        /// Name and version that came.
        found: String,
    },
}

/// A message as bytes.
pub fn encode<T: Message>(message: &T) -> Bytes {
    let envelope = Envelope { m: T::NAME.into(), v: T::VERSION, b: message };
    // No map with keys that are not text and no failing Serialize is among the messages.
    serde_json::to_vec(&envelope).map(Bytes::from).unwrap_or_default()
}

/// A message from bytes.
///
/// # Errors
/// [`Unreadable`]: no use to try again.
pub fn decode<T: Message>(bytes: &[u8]) -> Result<T, Unreadable> {
    #[derive(Deserialize)]
    struct Head {
        m: String,
        v: u32,
    }
    let malformed = |cause| Unreadable::Malformed { name: T::NAME, cause };
    let head: Head = serde_json::from_slice(bytes).map_err(malformed)?;
    if head.m != T::NAME || head.v != T::VERSION {
        return Err(Unreadable::Other {
            expected: format!("{} v{}", T::NAME, T::VERSION),
            found: format!("{} v{}", head.m, head.v),
        });
    }
    serde_json::from_slice::<Envelope<T>>(bytes).map(|e| e.b).map_err(malformed)
}

/// The run that a message says it is of, whatever the message is.
pub fn run_of(bytes: &[u8]) -> Option<RunId> {
    #[derive(Deserialize)]
    struct Body {
        run: i64,
    }
    let envelope: Envelope<Body> = serde_json::from_slice(bytes).ok()?;
    Some(RunId(envelope.b.run))
}

/// Dispatcher to any worker, lane `fetch`: a lease to be claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseOffer {
    /// The lease.
    pub lease: LeaseId,
    /// Its host.
    pub host: HostId,
    /// Its run.
    pub run: RunId,
}

/// Worker to dispatcher, lane `claim`: may I?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The lease that was offered.
    pub lease: LeaseId,
    /// Its host.
    pub host: HostId,
    /// Who asks, and on whose answer lane the answer is awaited.
    pub worker: Incarnation,
}

/// Dispatcher to one worker, lane `answer`: the lease, or the word that it is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The lease that was claimed.
    pub lease: LeaseId,
    /// None: it is gone, settle the offer.
    pub grant: Option<Grant>,
}

/// All that a worker needs to fetch the URLs of a lease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The lease.
    pub lease: LeaseId,
    /// Its host.
    pub host: HostId,
    /// The host's scheme, name and port: `https://example.com`.
    pub origin: String,
    /// Its run.
    pub run: RunId,
    /// Somebody waits: store at once, and follow redirects within the host.
    pub urgent: bool,
    /// What to fetch, in this order.
    pub tasks: Vec<Task>,
    /// The host's robots.txt, where a valid answer is known.
    pub robots: Option<RobotsAnswer>,
    /// How to fetch.
    pub policy: FetchPolicy,
    /// The run's cookies of this host, as a former lease left them.
    pub jar: Option<String>,
    /// Failures of the host in a row, as the last lease of it reported.
    #[serde(default)]
    pub failures: u32,
    /// No request may begin later than this after the claim was sent.
    pub left_ms: u64,
    /// No request may begin earlier than this after the grant came.
    pub wait_ms: u64,
}

/// One URL of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The URL's id in its run.
    pub url_id: UrlId,
    /// The canonical URL.
    pub url: String,
    /// What it stands for.
    pub kind: Kind,
    /// Links away from a seed.
    pub depth: u16,
    /// Redirects in a row that led here.
    pub hops: u16,
    /// Tries that failed before.
    pub tries: u16,
    /// The URL that was asked first, where redirects led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_url: Option<String>,
}

/// The part of a job that a worker needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FetchPolicy {
    /// Delay, concurrency, robots, user agent.
    pub politeness: Politeness,
    /// Headers, cookies, time-outs. Without what is secret where the host is not one of the seeds'.
    pub request: Request,
    /// Largest body on the wire, in bytes.
    pub max_body: u64,
    /// Largest inflated body, in bytes; heeded by the worker only for robots.txt.
    pub max_inflated: u64,
    /// Redirects in a row.
    pub max_redirects: u16,
}

/// Where a segment is stored, and what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRef {
    /// The segment.
    pub segment: SegmentId,
    /// The object (a file's or object's name in the archive).
    pub object: String,
    /// Where in the object it begins, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u64,
}

/// Worker to any parser, lane `parse`: a segment is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentStored {
    /// The run that all its pages belong to.
    pub run: RunId,
    /// Where it is.
    pub at: SegmentRef,
}

/// Dispatcher to any parser, lane `parse`: a segment was stored a while ago, and nobody has applied it.
/// Its message was lost, or its parser died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentWaits(pub SegmentStored);

/// Dispatcher to any parser, lane `parse`: pages of a run that is over, to be parsed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReparsePart {
    /// The run.
    pub run: RunId,
    /// The version that is being made.
    pub version: u32,
    /// The pages after this `seq`,
    pub after: u64,
    /// and up to this one.
    pub until: u64,
}

/// What comes on the lane `parse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToParse {
    /// A segment of a run under way.
    Stored(SegmentStored),
    /// One that waits for a while already.
    Waits(SegmentStored),
    /// A part of a re-parse.
    Part(ReparsePart),
}

impl ToParse {
    /// Reads whichever of them it is.
    ///
    /// # Errors
    /// [`Unreadable`]: none.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        match decode(bytes) {
            Ok(stored) => Ok(ToParse::Stored(stored)),
            Err(unreadable @ Unreadable::Other { .. }) => {
                let waits = decode(bytes).map(|SegmentWaits(stored)| ToParse::Waits(stored));
                waits.or_else(|_| decode(bytes).map(ToParse::Part)).map_err(|_none| unreadable)
            }
            Err(unreadable) => Err(unreadable),
        }
    }
}

/// Worker to dispatcher, lane `paced`: a lease is over. Sent when every segment that holds its
/// pages is stored and announced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseReport {
    /// The lease.
    pub lease: LeaseId,
    /// Its host.
    pub host: HostId,
    /// Its run.
    pub run: RunId,
    /// Who held it.
    pub worker: Incarnation,
    /// The segments that hold its visits.
    pub segments: Vec<SegmentRef>,
    /// URLs that were not begun; they go back to the queue, uncharged.
    pub not_begun: Vec<UrlId>,
    /// The host may be asked again after this.
    pub next_in_ms: u64,
    /// The pause that held at the end, for the next lease and for people.
    pub delay_ms: u64,
    /// Failures of the whole host in a row at the end (429, 503, no connection); 0 after a success.
    pub failures: u32,
    /// The host did not answer at all during this lease.
    pub down: bool,
    /// The robots.txt that this lease fetched.
    pub robots: Option<RobotsAnswer>,
    /// The run's cookies of this host.
    pub jar: Option<String>,
}

/// Parser or API to dispatcher, lane `paced`: there may be something to lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// The run that has it.
    pub run: RunId,
}

/// What comes on the lane `paced`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paced {
    /// A lease is over.
    Report(Box<LeaseReport>),
    /// Look again.
    Hint(Hint),
}

macro_rules! named {
    ($($type:ty = $name:literal),+ $(,)?) => {
        $(impl Message for $type { const NAME: &'static str = $name; })+
    };
}

named! {
    LeaseOffer = "lease.offer",
    Claim = "lease.claim",
    Answer = "lease.answer",
    SegmentStored = "segment.stored",
    SegmentWaits = "segment.waits",
    ReparsePart = "reparse.part",
    Paced = "paced",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_as_it_went() {
        let offer = LeaseOffer { lease: LeaseId(7), host: HostId(-3), run: RunId(1) };
        assert_eq!(decode::<LeaseOffer>(&encode(&offer)).unwrap(), offer);
    }

    #[test]
    fn other_names_versions_and_garbage_are_unreadable() {
        let offer = encode(&LeaseOffer { lease: LeaseId(7), host: HostId(3), run: RunId(1) });
        assert!(matches!(decode::<Claim>(&offer), Err(Unreadable::Other { .. })));
        let later = String::from_utf8(offer.to_vec()).unwrap().replace("\"v\":1", "\"v\":2");
        assert!(matches!(decode::<LeaseOffer>(later.as_bytes()), Err(Unreadable::Other { .. })));
        assert!(matches!(decode::<LeaseOffer>(b"\xff{"), Err(Unreadable::Malformed { .. })));
        assert!(matches!(decode::<LeaseOffer>(b""), Err(Unreadable::Malformed { .. })));
    }
}
