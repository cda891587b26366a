use crate::ids::TenantId;
use crate::ports::StoreError;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// Answers to requests that may be repeated (`Idempotency-Key`).
///
/// # Contract
/// - The first `begin` of a key gets [`Begun::Fresh`]; others get what the key was begun with.
/// - A request that was begun `patience` ago and not ended is dead: the next `begin` with the same
///   hash gets [`Begun::Fresh`]. What such a request made, it made under the key's name, once
///   ([`RequestKey`]); one that has made something may be begun again at once.
/// - Answers are kept for as long as `tidy` is told.
#[async_trait]
pub trait Idempotency: Send + Sync + 'static {
    /// Begins a request under a key; `hash` stands for all that it says.
    async fn begin_request(
        &self,
        tenant: TenantId,
        key: &str,
        hash: [u8; 32],
        patience: Duration,
    ) -> Result<Begun, StoreError>;

    /// Keeps the answer.
    async fn end_request(&self, tenant: TenantId, key: &str, answer: &Answer) -> Result<(), StoreError>;

    /// Forgets a request that may be tried again; what it made already is remembered.
    async fn forget_request(&self, tenant: TenantId, key: &str) -> Result<(), StoreError>;

    /// Deletes answers older than `answers`, and events and decisions older than `events`.
    async fn tidy(&self, answers: Duration, events: Duration) -> Result<(), StoreError>;
}

/// The request in which something is made. What the transaction that makes it finds to have been made under
/// the same key before, it returns instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Whose request it is.
    pub tenant: TenantId,
    /// The key that it was begun under.
    pub key: String,
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.key)
    }
}

/// How a key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody used it; the request is the caller's to do.
    Fresh,
    /// Its request is under way.
    InFlight,
    /// It was used for another request.
    Other,
    /// It was answered.
    Answered(Answer),
}

/// An answer, to be given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers that belong to it, a JSON object.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}
