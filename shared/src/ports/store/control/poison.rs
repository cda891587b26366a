use crate::clock::Timestamp;
use crate::ids::{RunId, SegmentId, TenantId};
use crate::outcome::Kind;
use crate::ports::{Lane, StoreError};
use async_trait::async_trait;
use bytes::Bytes;

/// What broke those who handled it: segments that are parsed anew with care, and dead letters.
///
/// # Contract
/// - A page of a segment is poison when its parser died over it twice, each time alone with it: between
///   `begin_page` with its place and the next word about that segment.
/// - A letter is filed once, however often it comes. A page that is closed as `poison_fetch` or
///   `poison_parse` is filed in the transaction that closes it.
#[async_trait]
pub trait Poison: Send + Sync + 'static {
    /// Somebody takes up a segment that was delivered before. If a page of it was begun and not ended,
    /// that one's parser died. Returns the places of its pages that are poison.
    async fn take_up(&self, run: RunId, segment: SegmentId) -> Result<Vec<u32>, StoreError>;

    /// A page of it is about to be parsed, by its place in the manifest; None: none is any more.
    async fn begin_page(&self, run: RunId, segment: SegmentId, place: Option<u32>) -> Result<(), StoreError>;

    /// The segment is applied: nothing of its pages needs to be known any more.
    async fn put_down(&self, run: RunId, segment: SegmentId) -> Result<(), StoreError>;

    /// Keeps a message that nobody could handle.
    async fn file(&self, letter: &NewLetter) -> Result<(), StoreError>;

    /// Letters in order of filing, messages without their bytes.
    async fn letters(&self, selection: LetterSelection) -> Result<Vec<Letter>, StoreError>;

    /// One letter, with its bytes.
    async fn letter(&self, id: i64) -> Result<Letter, StoreError>;

    /// Notes that a letter was sent on its way again.
    async fn replayed(&self, id: i64) -> Result<(), StoreError>;

    /// Forgets a letter.
    async fn drop_letter(&self, id: i64) -> Result<(), StoreError>;
}

/// A message to be filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLetter {
    /// The lane that it came on, as [`Lane`] shows it.
    pub lane: String,
    /// Why it could not be handled.
    pub reason: String,
    /// The run that it is of, if that can be seen.
    pub run: Option<RunId>,
    /// The message, cut at [`MOST_BODY`].
    pub body: Bytes,
    /// Its length before it was cut.
    pub len: u64,
}

/// The longest message that is kept whole, in bytes.
pub const MOST_BODY: usize = 256 * 1024;

/// Which letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LetterSelection {
    /// Whose. None: everybody's.
    pub of: Option<LettersOf>,
    /// Of this run.
    pub run: Option<RunId>,
    /// Only pages, or only messages.
    pub pages: Option<bool>,
    /// Only those that were sent on their way again, or only the others.
    pub replayed: Option<bool>,
    /// After this number.
    pub after: i64,
    /// At most so many.
    pub limit: u32,
}

/// Whose letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LettersOf {
    /// Those about this tenant's runs.
    pub tenant: TenantId,
    /// And those that are about no run that is there.
    pub with_unowned: bool,
}

impl LetterSelection {
    /// All, from the oldest on.
    pub fn first(limit: u32) -> Self {
        LetterSelection { of: None, run: None, pages: None, replayed: None, after: 0, limit }
    }
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its number; rises in order of filing.
    pub id: i64,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// When it was last sent on its way again.
    pub replayed_at: Option<Timestamp>,
    /// The run that it is of, if that is known.
    pub run: Option<RunId>,
    /// Why.
    pub reason: String,
    /// What it is about.
    pub about: About,
}

/// What a dead letter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A message.
    Message {
        /// Its lane, as it was named.
        lane: String,
        /// The bytes that were kept; empty in lists.
        body: Bytes,
        /// Its length.
        len: u64,
    },
    /// A page that was closed.
    Page {
        /// Its URL.
        url: String,
        /// What it was.
        kind: Kind,
        /// Links away from a seed.
        depth: u16,
    },
}

impl NewLetter {
    /// A letter from the dead lane, whatever it holds.
    pub fn of(delivered: &Bytes) -> Self {
        let (lane, reason, body) = match crate::ports::DeadLetter::from_bytes(delivered) {
            Some(letter) => (letter.lane, letter.reason, letter.body),
            None => (Lane::Dead.to_string(), "not a dead letter".into(), delivered.clone()),
        };
        let run = crate::messages::run_of(&body);
        NewLetter { lane, reason, run, len: body.len() as u64, body: body.slice(..body.len().min(MOST_BODY)) }
    }
}
