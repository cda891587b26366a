//! What people keep beside runs: tenants and keys, job definitions with their schedules, webhooks,
//! answers to repeated requests, and what they may do to hosts; files of records in the archive; and what broke those who handled it. Low traffic; for the API, and for
//! the dispatcher's timers.

mod compare;
mod exports;
mod hosts;
mod idempotency;
mod jobs;
mod poison;
mod reparse;
mod schedules;
mod series;
mod tenants;
mod throughput;
mod webhooks;

pub use compare::{Change, ChangedPage, Compare, Comparison};
pub use exports::{
    ExportEnd, ExportFilter, ExportInfo, ExportState, Exports, NewExport, TakenExport, Written,
};
pub use hosts::{HostRobots, HostRow, HostSelection, Hosts};
pub use idempotency::{Answer, Begun, Idempotency, RequestKey};
pub use jobs::{JobInfo, JobSummary, Jobs, NewJob, Replaced};
pub use poison::{About, Letter, LetterSelection, LettersOf, MOST_BODY, NewLetter, Poison};
pub use reparse::{
    FieldDifference, NewReparse, PART_PAGES, ParsedPart, Reparse, ReparseInfo, ReparseState, ReparsedPage,
};
pub use schedules::{DueJob, Fire, Fired, Firing, Schedules};
pub use series::{Beside, Place, Series};
pub use tenants::{ApiKey, NewKey, Quotas, Scope, Tenant, Tenants, Usage};
pub use throughput::{Slice, Throughput};
pub use webhooks::{
    Attempt, DeliveryRow, DeliveryState, EventKind, NewWebhook, Next, ToDeliver, Webhook, Webhooks,
};

/// All of it.
///
/// # Contract
/// As of [`super::Store`]: every method is one transaction, and times are the store's own. Whatever
/// takes a tenant answers for another tenant's rows as if there were none.
pub trait Control:
    Tenants
    + Jobs
    + Schedules
    + Webhooks
    + Idempotency
    + Hosts
    + Compare
    + Throughput
    + Reparse
    + Poison
    + Exports
    + Series
{
}
impl<T> Control for T where
    T: Tenants
        + Jobs
        + Schedules
        + Webhooks
        + Idempotency
        + Hosts
        + Compare
        + Throughput
        + Reparse
        + Poison
        + Exports
        + Series
{
}

/// Where a store keeps it.
pub trait HasControl: Send + Sync + 'static {
    /// The room for what people keep beside runs.
    fn control(&self) -> &dyn Control;
}
