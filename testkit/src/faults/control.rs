//! What people keep beside runs, in a store that fails when it is told to. It does not fail itself, but is done at
//! once where the rest is: a transaction that waited here would keep the store from all others.

use super::FaultyStore;
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::*;
use shared::messages::ReparsePart;
use shared::ports::store::control::*;
use shared::ports::store::{NewRun, Store, StoreError};
use shared::schedule::Planned;
use std::time::Duration;

macro_rules! pass {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        $self.faults.quietly($self.inner.control().$method($($argument),*)).await
    };
}

#[async_trait]
impl<S: Store> Compare for FaultyStore<S> {
    async fn run_before(
        &self,
        tenant: TenantId,
        job: JobId,
        run: RunId,
    ) -> Result<Option<RunId>, StoreError> {
        pass!(self.run_before(tenant, job, run))
    }

    async fn compare(&self, run: RunId, base: RunId) -> Result<Comparison, StoreError> {
        pass!(self.compare(run, base))
    }

    async fn changes(
        &self,
        run: RunId,
        base: RunId,
        change: Change,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ChangedPage>, StoreError> {
        pass!(self.changes(run, base, change, after, limit))
    }
}

#[async_trait]
impl<S: Store> Throughput for FaultyStore<S> {
    async fn throughput(
        &self,
        run: RunId,
        from: Timestamp,
        width: Duration,
        limit: u32,
    ) -> Result<Vec<Slice>, StoreError> {
        pass!(self.throughput(run, from, width, limit))
    }
}

#[async_trait]
impl<S: Store> Hosts for FaultyStore<S> {
    async fn hosts(&self, selection: HostSelection) -> Result<Vec<HostRow>, StoreError> {
        pass!(self.hosts(selection))
    }

    async fn host(&self, tenant: TenantId, host: HostId) -> Result<HostRow, StoreError> {
        pass!(self.host(tenant, host))
    }

    async fn hold_host(
        &self,
        tenant: TenantId,
        host: HostId,
        run: Option<RunId>,
        held: bool,
    ) -> Result<u64, StoreError> {
        pass!(self.hold_host(tenant, host, run, held))
    }
}

#[async_trait]
impl<S: Store> Idempotency for FaultyStore<S> {
    async fn begin_request(
        &self,
        tenant: TenantId,
        key: &str,
        hash: [u8; 32],
        patience: Duration,
    ) -> Result<Begun, StoreError> {
        pass!(self.begin_request(tenant, key, hash, patience))
    }

    async fn end_request(&self, tenant: TenantId, key: &str, answer: &Answer) -> Result<(), StoreError> {
        pass!(self.end_request(tenant, key, answer))
    }

    async fn forget_request(&self, tenant: TenantId, key: &str) -> Result<(), StoreError> {
        pass!(self.forget_request(tenant, key))
    }

    async fn tidy(&self, answers: Duration, events: Duration) -> Result<(), StoreError> {
        pass!(self.tidy(answers, events))
    }
}

#[async_trait]
impl<S: Store> Jobs for FaultyStore<S> {
    async fn create_job(&self, new: NewJob) -> Result<JobInfo, StoreError> {
        pass!(self.create_job(new))
    }

    async fn job(&self, tenant: TenantId, job: JobId) -> Result<JobInfo, StoreError> {
        pass!(self.job(tenant, job))
    }

    async fn jobs(
        &self,
        tenant: TenantId,
        before: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobSummary>, StoreError> {
        pass!(self.jobs(tenant, before, limit))
    }

    async fn replace_job(
        &self,
        job: JobId,
        version: Option<u64>,
        new: NewJob,
    ) -> Result<Replaced, StoreError> {
        pass!(self.replace_job(job, version, new))
    }

    async fn delete_job(
        &self,
        tenant: TenantId,
        job: JobId,
        version: Option<u64>,
    ) -> Result<Replaced<()>, StoreError> {
        pass!(self.delete_job(tenant, job, version))
    }
}

#[async_trait]
impl<S: Store> Poison for FaultyStore<S> {
    async fn take_up(&self, run: RunId, segment: SegmentId) -> Result<Vec<u32>, StoreError> {
        pass!(self.take_up(run, segment))
    }

    async fn begin_page(&self, run: RunId, segment: SegmentId, place: Option<u32>) -> Result<(), StoreError> {
        pass!(self.begin_page(run, segment, place))
    }

    async fn put_down(&self, run: RunId, segment: SegmentId) -> Result<(), StoreError> {
        pass!(self.put_down(run, segment))
    }

    async fn file(&self, letter: &NewLetter) -> Result<(), StoreError> {
        pass!(self.file(letter))
    }

    async fn letters(&self, selection: LetterSelection) -> Result<Vec<Letter>, StoreError> {
        pass!(self.letters(selection))
    }

    async fn letter(&self, id: i64) -> Result<Letter, StoreError> {
        pass!(self.letter(id))
    }

    async fn replayed(&self, id: i64) -> Result<(), StoreError> {
        pass!(self.replayed(id))
    }

    async fn drop_letter(&self, id: i64) -> Result<(), StoreError> {
        pass!(self.drop_letter(id))
    }
}

#[async_trait]
impl<S: Store> Reparse for FaultyStore<S> {
    async fn begin_reparse(&self, new: NewReparse) -> Result<u32, StoreError> {
        pass!(self.begin_reparse(new))
    }

    async fn reparse(&self, run: RunId, version: u32) -> Result<ReparseInfo, StoreError> {
        pass!(self.reparse(run, version))
    }

    async fn reparses(&self, run: RunId) -> Result<Vec<ReparseInfo>, StoreError> {
        pass!(self.reparses(run))
    }

    async fn open_parts(&self, announce_after: Duration, limit: u32) -> Result<Vec<ReparsePart>, StoreError> {
        pass!(self.open_parts(announce_after, limit))
    }

    async fn apply_part(&self, part: ParsedPart) -> Result<bool, StoreError> {
        pass!(self.apply_part(part))
    }

    async fn adopt(&self, run: RunId, version: u32) -> Result<(), StoreError> {
        pass!(self.adopt(run, version))
    }

    async fn drop_reparse(&self, run: RunId, version: u32) -> Result<(), StoreError> {
        pass!(self.drop_reparse(run, version))
    }
}

#[async_trait]
impl<S: Store> Schedules for FaultyStore<S> {
    async fn due_jobs(&self, limit: u32) -> Result<(Timestamp, Vec<DueJob>), StoreError> {
        pass!(self.due_jobs(limit))
    }

    async fn fire(&self, fire: Fire) -> Result<Fired, StoreError> {
        pass!(self.fire(fire))
    }

    async fn pause_schedule(
        &self,
        tenant: TenantId,
        job: JobId,
        paused: bool,
        next: Option<Planned>,
    ) -> Result<(), StoreError> {
        pass!(self.pause_schedule(tenant, job, paused, next))
    }

    async fn firings(
        &self,
        tenant: TenantId,
        job: JobId,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        pass!(self.firings(tenant, job, before, limit))
    }
}

#[async_trait]
impl<S: Store> Tenants for FaultyStore<S> {
    async fn create_tenant(
        &self,
        name: &str,
        quotas: Quotas,
        once: Option<&RequestKey>,
    ) -> Result<Tenant, StoreError> {
        pass!(self.create_tenant(name, quotas, once))
    }

    async fn tenant(&self, tenant: TenantId) -> Result<Tenant, StoreError> {
        pass!(self.tenant(tenant))
    }

    async fn tenants(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, StoreError> {
        pass!(self.tenants(after, limit))
    }

    async fn set_quotas(&self, tenant: TenantId, quotas: Quotas) -> Result<Tenant, StoreError> {
        pass!(self.set_quotas(tenant, quotas))
    }

    async fn usage(&self, tenant: TenantId) -> Result<Usage, StoreError> {
        pass!(self.usage(tenant))
    }

    async fn create_key(&self, key: NewKey) -> Result<ApiKey, StoreError> {
        pass!(self.create_key(key))
    }

    async fn key(&self, id: &str) -> Result<Option<ApiKey>, StoreError> {
        pass!(self.key(id))
    }

    async fn keys(
        &self,
        tenant: TenantId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        pass!(self.keys(tenant, before, limit))
    }

    async fn end_key(&self, tenant: TenantId, id: &str, after: Duration) -> Result<ApiKey, StoreError> {
        pass!(self.end_key(tenant, id, after))
    }

    async fn used_keys(&self, used: &[(String, Timestamp)]) -> Result<(), StoreError> {
        pass!(self.used_keys(used))
    }

    async fn has_live_keys(&self) -> Result<bool, StoreError> {
        pass!(self.has_live_keys())
    }

    async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        pass!(self.secret(name))
    }

    async fn renew_secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        pass!(self.renew_secret(name))
    }
}

#[async_trait]
impl<S: Store> Webhooks for FaultyStore<S> {
    async fn create_webhook(&self, new: NewWebhook) -> Result<Webhook, StoreError> {
        pass!(self.create_webhook(new))
    }

    async fn webhook(&self, tenant: TenantId, webhook: WebhookId) -> Result<Webhook, StoreError> {
        pass!(self.webhook(tenant, webhook))
    }

    async fn webhooks(
        &self,
        tenant: TenantId,
        after: Option<WebhookId>,
        limit: u32,
    ) -> Result<Vec<Webhook>, StoreError> {
        pass!(self.webhooks(tenant, after, limit))
    }

    async fn replace_webhook(&self, webhook: WebhookId, new: NewWebhook) -> Result<Webhook, StoreError> {
        pass!(self.replace_webhook(webhook, new))
    }

    async fn delete_webhook(&self, tenant: TenantId, webhook: WebhookId) -> Result<(), StoreError> {
        pass!(self.delete_webhook(tenant, webhook))
    }

    async fn ping_webhook(
        &self,
        tenant: TenantId,
        webhook: WebhookId,
        once: Option<&RequestKey>,
    ) -> Result<String, StoreError> {
        pass!(self.ping_webhook(tenant, webhook, once))
    }

    async fn emit(&self, limit: u32) -> Result<u64, StoreError> {
        pass!(self.emit(limit))
    }

    async fn take_deliveries(&self, limit: u32, lease: Duration) -> Result<Vec<ToDeliver>, StoreError> {
        pass!(self.take_deliveries(limit, lease))
    }

    async fn settle_delivery(&self, attempt: Attempt, patience: Duration) -> Result<(), StoreError> {
        pass!(self.settle_delivery(attempt, patience))
    }

    async fn deliveries(
        &self,
        tenant: TenantId,
        webhook: WebhookId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        pass!(self.deliveries(tenant, webhook, before, limit))
    }

    async fn redeliver(&self, tenant: TenantId, webhook: WebhookId, event: &str) -> Result<(), StoreError> {
        pass!(self.redeliver(tenant, webhook, event))
    }
}

#[async_trait]
impl<S: Store> Exports for FaultyStore<S> {
    async fn create_export(&self, new: NewExport) -> Result<ExportInfo, StoreError> {
        pass!(self.create_export(new))
    }

    async fn export(&self, run: RunId, export: ExportId) -> Result<ExportInfo, StoreError> {
        pass!(self.export(run, export))
    }

    async fn exports(
        &self,
        run: RunId,
        before: Option<ExportId>,
        limit: u32,
    ) -> Result<Vec<ExportInfo>, StoreError> {
        pass!(self.exports(run, before, limit))
    }

    async fn delete_export(&self, run: RunId, export: ExportId) -> Result<ExportInfo, StoreError> {
        pass!(self.delete_export(run, export))
    }

    async fn take_export(&self, lease: Duration) -> Result<Option<TakenExport>, StoreError> {
        pass!(self.take_export(lease))
    }

    async fn renew_export(
        &self,
        taken: &TakenExport,
        written: Written,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        pass!(self.renew_export(taken, written, lease))
    }

    async fn end_export(&self, taken: &TakenExport, end: ExportEnd) -> Result<bool, StoreError> {
        pass!(self.end_export(taken, end))
    }
}

#[async_trait]
impl<S: Store> Series for FaultyStore<S> {
    async fn begin_run(&self, new: NewRun, beside: Beside) -> Result<RunId, StoreError> {
        pass!(self.begin_run(new, beside))
    }

    async fn series(&self, tenant: TenantId, name: &str, limit: u32) -> Result<Vec<RunId>, StoreError> {
        pass!(self.series(tenant, name, limit))
    }

    async fn series_of(&self, run: RunId) -> Result<Option<(String, Option<RunId>)>, StoreError> {
        pass!(self.series_of(run))
    }

    async fn places(&self, run: RunId, urls: &[String]) -> Result<Vec<Place>, StoreError> {
        pass!(self.places(run, urls))
    }
}
