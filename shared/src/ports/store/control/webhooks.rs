use super::RequestKey;
use crate::clock::Timestamp;
use crate::firecrawl::Hook;
use crate::ids::{JobId, RunId, TenantId, WebhookId};
use crate::ports::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Webhooks: who is told what, and how that went.
///
/// # Contract
/// - `emit` turns what runs did since into events, one row an event and one a delivery, in the
///   transaction that notes that it did so: each event is made once.
/// - An event's id is the same for all tries and all endpoints.
/// - `take_deliveries` lends what is due for `lease`; what is not settled by then is due again. The end of a
///   run in the form of Firecrawl is lent after everything before it was.
/// - An endpoint with a `hook` hears of one run, in the form of Firecrawl; of a page, the event's body has `page`, its
///   `seq`, and whoever sends it puts the document in (`data`). Each page is an event of its own, made from the rows of
///   up to 100 pages at a time, and only for runs that have such an endpoint.
#[async_trait]
pub trait Webhooks: Send + Sync + 'static {
    /// Keeps an endpoint.
    async fn create_webhook(&self, new: NewWebhook) -> Result<Webhook, StoreError>;

    /// An endpoint.
    async fn webhook(&self, tenant: TenantId, webhook: WebhookId) -> Result<Webhook, StoreError>;

    /// A tenant's endpoints in order, after one.
    async fn webhooks(
        &self,
        tenant: TenantId,
        after: Option<WebhookId>,
        limit: u32,
    ) -> Result<Vec<Webhook>, StoreError>;

    /// Puts another in its place; enabled again if it was not. Under a key that did so before it is left as it is.
    async fn replace_webhook(&self, webhook: WebhookId, new: NewWebhook) -> Result<Webhook, StoreError>;

    /// Deletes an endpoint and what was to be delivered to it.
    async fn delete_webhook(&self, tenant: TenantId, webhook: WebhookId) -> Result<(), StoreError>;

    /// An event for one endpoint only, to see whether it arrives; returns its id.
    async fn ping_webhook(
        &self,
        tenant: TenantId,
        webhook: WebhookId,
        once: Option<&RequestKey>,
    ) -> Result<String, StoreError>;

    /// Makes events of what runs did, for at most `limit` runs; how many runs it looked at.
    async fn emit(&self, limit: u32) -> Result<u64, StoreError>;

    /// What is to be delivered now, at most `limit`.
    async fn take_deliveries(&self, limit: u32, lease: Duration) -> Result<Vec<ToDeliver>, StoreError>;

    /// Notes how a try went. One that was taken again since, or is settled, is not put back by an older try: only
    /// that it arrived counts whenever it is known. Where an endpoint has failed for longer than `patience`, it is disabled,
    /// with the reason.
    async fn settle_delivery(&self, attempt: Attempt, patience: Duration) -> Result<(), StoreError>;

    /// The deliveries to an endpoint, newest first, before a place.
    async fn deliveries(
        &self,
        tenant: TenantId,
        webhook: WebhookId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError>;

    /// Delivers an event again, under the same id.
    async fn redeliver(&self, tenant: TenantId, webhook: WebhookId, event: &str) -> Result<(), StoreError>;
}

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// A run began.
    #[serde(rename = "run.started")]
    RunStarted,
    /// Pages of a run were closed; up to 100 an event.
    #[serde(rename = "run.pages")]
    RunPages,
    /// A run ended.
    #[serde(rename = "run.ended")]
    RunEnded,
    /// Somebody wanted to see whether an event arrives.
    #[serde(rename = "webhook.ping")]
    Ping,
}

impl EventKind {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::RunStarted => "run.started",
            EventKind::RunPages => "run.pages",
            EventKind::RunEnded => "run.ended",
            EventKind::Ping => "webhook.ping",
        }
    }
}

/// An endpoint to be.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Whose it is.
    pub tenant: TenantId,
    /// Only about runs of this job.
    pub job: Option<JobId>,
    /// Where to.
    pub url: String,
    /// What is told.
    pub events: Vec<EventKind>,
    /// Secrets that sign, newest first.
    pub secrets: Vec<String>,
    /// Headers that go along.
    pub headers: BTreeMap<String, String>,
    /// The request that it is made in.
    pub once: Option<RequestKey>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Its number.
    pub id: WebhookId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Only about runs of this job.
    pub job: Option<JobId>,
    /// Where to.
    pub url: String,
    /// What is told.
    pub events: Vec<EventKind>,
    /// Secrets that sign, newest first.
    pub secrets: Vec<String>,
    /// Headers that go along.
    pub headers: BTreeMap<String, String>,
    /// Of one run only, and in the form of Firecrawl.
    pub hook: Option<(RunId, Hook)>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Why nothing is sent to it any more.
    pub disabled: Option<String>,
}

/// One event for one endpoint.
#[derive(Clone, Debug)]
pub struct ToDeliver {
    /// The event's id.
    pub event: String,
    /// When it happened.
    pub at: Timestamp,
    /// What is sent.
    pub body: String,
    /// Tries before this one.
    pub tries: u32,
    /// When it was first to be delivered.
    pub since: Timestamp,
    /// Where to.
    pub webhook: Webhook,
}

/// How a try went.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The event.
    pub event: String,
    /// The endpoint.
    pub webhook: WebhookId,
    /// Tries before this one, as it was taken.
    pub tries: u32,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, in few words.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// What comes next.
    pub next: Next,
}

/// What comes after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It arrived.
    Done,
    /// Another try after a while.
    Again(Duration),
    /// No other try.
    GiveUp,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, now or later.
    Pending,
    /// It arrived.
    Delivered,
    /// It is not tried any more.
    Failed,
}

/// A delivery, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRow {
    /// Its place.
    pub place: i64,
    /// The event's id.
    pub event: String,
    /// What it tells, by its name.
    pub kind: String,
    /// The run that it is about.
    pub run: Option<RunId>,
    /// How it stands.
    pub state: DeliveryState,
    /// Tries.
    pub tries: u32,
    /// The last try.
    pub last_at: Option<Timestamp>,
    /// Its status.
    pub last_status: Option<u16>,
    /// What went wrong.
    pub last_error: Option<String>,
    /// The next try.
    pub next_at: Option<Timestamp>,
    /// When the event happened.
    pub created_at: Timestamp,
}
