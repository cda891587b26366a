//! Endpoints and deliveries.

use super::engine::{Engine, Row, Statement, Transaction, sql};
use super::idempotency::{made, note_made};
use super::{Books, corrupt, first, missing, ms, outbox};
use async_trait::async_trait;
use shared::firecrawl::Hook;
use shared::ids::{JobId, RunId, TenantId, WebhookId};
use shared::ports::StoreError;
use shared::ports::store::control::{
    Attempt, DeliveryRow, DeliveryState, NewWebhook, Next, RequestKey, ToDeliver, Webhook, Webhooks,
};
use std::time::Duration;

/// The columns of [`webhook`].
macro_rules! webhook {
    ($rest:literal) => {
        concat!(
            "SELECT w.webhook_id, w.tenant_id, w.job_id, w.url, w.events, w.secrets, w.headers, w.created_at,
                    w.disabled, w.run_id, w.hook FROM webhooks w ",
            $rest
        )
    };
}

pub(super) use webhook;

pub(super) fn read(row: &Row) -> Result<Webhook, StoreError> {
    let hook = match row.int_or_null(9)? {
        Some(run) => Some((RunId(run), row.json(10)?)),
        None => None,
    };
    Ok(Webhook {
        id: WebhookId(row.int(0)?),
        tenant: TenantId(row.int(1)?),
        job: row.int_or_null(2)?.map(JobId),
        url: row.text(3)?,
        events: row.json(4)?,
        secrets: row.json(5)?,
        headers: row.json(6)?,
        created_at: row.time(7)?,
        disabled: row.text_or_null(8)?,
        hook,
    })
}

fn bind(statement: Statement, new: &NewWebhook) -> Result<Statement, StoreError> {
    Ok(statement
        .int(new.tenant.0)
        .int(new.job.map(|job| job.0))
        .text(new.url.clone())
        .text(serde_json::to_string(&new.events).map_err(corrupt)?)
        .text(serde_json::to_string(&new.secrets).map_err(corrupt)?)
        .text(serde_json::to_string(&new.headers).map_err(corrupt)?))
}

/// Writes a row; its number.
pub(super) async fn insert(
    tx: &mut dyn Transaction,
    new: &NewWebhook,
    hook: Option<(RunId, &Hook)>,
) -> Result<i64, StoreError> {
    let insert = sql("INSERT INTO webhooks
             (tenant_id, job_id, url, events, secrets, headers, created_at, run_id, hook)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING webhook_id");
    let text = hook.map(|(_, hook)| serde_json::to_string(hook)).transpose().map_err(corrupt)?;
    let insert = bind(insert, new)?.int(tx.now().0).int(hook.map(|(run, _)| run.0)).text_or_null(text);
    let rows = tx.run(insert).await?;
    first(&rows, |row| row.int(0))?.ok_or_else(|| corrupt("an endpoint without a number"))
}

fn delivery(row: &Row) -> Result<DeliveryRow, StoreError> {
    Ok(DeliveryRow {
        place: row.int(0)?,
        event: row.text(1)?,
        kind: row.text(2)?,
        run: row.int_or_null(3)?.map(RunId),
        state: match row.int(4)? {
            0 => DeliveryState::Pending,
            1 => DeliveryState::Delivered,
            _ => DeliveryState::Failed,
        },
        tries: row.number(5)?,
        last_at: row.time_or_null(6)?,
        last_status: row.number_or_null(7)?,
        last_error: row.text_or_null(8)?,
        next_at: row.time_or_null(9)?,
        created_at: row.time(10)?,
    })
}

#[async_trait]
impl<E: Engine> Webhooks for Books<E> {
    async fn create_webhook(&self, new: NewWebhook) -> Result<Webhook, StoreError> {
        let mut tx = self.0.begin().await?;
        let id = match made(&mut *tx, new.once.as_ref()).await? {
            Some(id) => id.parse().map_err(corrupt)?,
            None => {
                let id = insert(&mut *tx, &new, None).await?;
                note_made(&mut *tx, new.once.as_ref(), id).await?;
                id
            }
        };
        let rows = tx.run(sql(webhook!("WHERE w.webhook_id = $1")).int(id)).await?;
        tx.commit().await?;
        first(&rows, read)?.ok_or_else(|| missing("webhook", id))
    }

    async fn webhook(&self, tenant: TenantId, id: WebhookId) -> Result<Webhook, StoreError> {
        let query = sql(webhook!("WHERE w.tenant_id = $1 AND w.webhook_id = $2")).int(tenant.0).int(id.0);
        first(&self.0.read(query).await?, read)?.ok_or_else(|| missing("webhook", id))
    }

    async fn webhooks(
        &self,
        tenant: TenantId,
        after: Option<WebhookId>,
        limit: u32,
    ) -> Result<Vec<Webhook>, StoreError> {
        let query =
            sql(webhook!("WHERE w.tenant_id = $1 AND w.webhook_id > $2 ORDER BY w.webhook_id LIMIT $3"))
                .int(tenant.0)
                .int(after.map_or(0, |id| id.0))
                .int(i64::from(limit));
        self.0.read(query).await?.iter().map(read).collect()
    }

    async fn replace_webhook(&self, id: WebhookId, new: NewWebhook) -> Result<Webhook, StoreError> {
        let mut tx = self.0.begin().await?;
        if made(&mut *tx, new.once.as_ref()).await?.is_none() {
            let update =
                sql("UPDATE webhooks SET job_id = $2, url = $3, events = $4, secrets = $5, headers = $6,
                        disabled = NULL, failing_since = NULL
                 WHERE tenant_id = $1 AND webhook_id = $7");
            tx.run(bind(update, &new)?.int(id.0)).await?;
            note_made(&mut *tx, new.once.as_ref(), id).await?;
        }
        let query = sql(webhook!("WHERE w.tenant_id = $1 AND w.webhook_id = $2"));
        let rows = tx.run(query.int(new.tenant.0).int(id.0)).await?;
        tx.commit().await?;
        first(&rows, read)?.ok_or_else(|| missing("webhook", id))
    }

    async fn delete_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let delete =
            sql("DELETE FROM webhooks WHERE tenant_id = $1 AND webhook_id = $2 RETURNING webhook_id");
        if tx.run(delete.int(tenant.0).int(id.0)).await?.is_empty() {
            return Err(missing("webhook", id));
        }
        tx.run(sql("DELETE FROM deliveries WHERE webhook_id = $1").int(id.0)).await?;
        tx.commit().await
    }

    async fn ping_webhook(
        &self,
        tenant: TenantId,
        id: WebhookId,
        once: Option<&RequestKey>,
    ) -> Result<String, StoreError> {
        self.webhook(tenant, id).await?;
        let mut tx = self.0.begin().await?;
        if let Some(event) = made(&mut *tx, once).await? {
            return Ok(event);
        }
        let event = outbox::ping(&mut *tx, tenant, id).await?;
        note_made(&mut *tx, once, &event).await?;
        tx.commit().await?;
        Ok(event)
    }

    async fn emit(&self, limit: u32) -> Result<u64, StoreError> {
        outbox::emit(&self.0, limit).await
    }

    async fn take_deliveries(&self, limit: u32, lease: Duration) -> Result<Vec<ToDeliver>, StoreError> {
        // Most looks find nothing, and a transaction would be in the way of others.
        let now = self.0.now().await?;
        let due = sql("SELECT 1 FROM deliveries WHERE state = 0 AND next_at <= $1 LIMIT 1").int(now.0);
        if self.0.read(due).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.0.begin().await?;
        let text = format!(
            "UPDATE deliveries SET next_at = $2, tries = tries + 1 WHERE delivery_no IN
               (SELECT d.delivery_no FROM deliveries d WHERE d.state = 0 AND d.next_at <= $1
                  AND (d.waits = 0 OR NOT EXISTS (SELECT 1 FROM deliveries p WHERE p.webhook_id = d.webhook_id
                       AND p.delivery_no < d.delivery_no AND p.state = 0 AND p.tries = 0))
                ORDER BY d.next_at, d.delivery_no LIMIT $3 {})
             RETURNING event_id, webhook_id, tries, since",
            self.0.skip_locked()
        );
        let lent = sql(text).int(tx.now().0).int(tx.now().plus(lease).0).int(i64::from(limit));
        let mut deliveries = Vec::new();
        for row in tx.run(lent).await? {
            let event = sql("SELECT at, body FROM events WHERE event_id = $1").text(row.text(0)?);
            let event = tx.run(event).await?;
            let to = tx.run(sql(webhook!("WHERE w.webhook_id = $1")).int(row.int(1)?)).await?;
            let (Some(event), Some(to)) = (event.first(), to.first()) else { continue };
            deliveries.push(ToDeliver {
                event: row.text(0)?,
                at: event.time(0)?,
                body: event.text(1)?,
                tries: row.number::<u32>(2)?.saturating_sub(1),
                since: row.time(3)?,
                webhook: read(to)?,
            });
        }
        tx.commit().await?;
        Ok(deliveries)
    }

    async fn settle_delivery(&self, attempt: Attempt, patience: Duration) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let now = tx.now();
        let (state, next_at) = match attempt.next {
            Next::Done => (1, None),
            Next::Again(pause) => (0, Some(now.plus(pause).0)),
            Next::GiveUp => (2, None),
        };
        let update = sql(
            "UPDATE deliveries SET state = $3, next_at = $4, last_at = $5, last_status = $6, last_error = $7
             WHERE event_id = $1 AND webhook_id = $2 AND state = 0 AND (tries = $8 OR ($3 = 1 AND tries > $8))
             RETURNING delivery_no",
        )
        .text(attempt.event)
        .int(attempt.webhook.0)
        .int(state)
        .int(next_at)
        .int(now.0)
        .int(attempt.status.map(i64::from))
        .text_or_null(attempt.error.clone())
        .int(i64::from(attempt.tries) + 1);
        if tx.run(update).await?.is_empty() {
            return Ok(());
        }
        if attempt.next == Next::Done {
            let well = sql("UPDATE webhooks SET failing_since = NULL
                 WHERE webhook_id = $1 AND failing_since IS NOT NULL");
            tx.run(well.int(attempt.webhook.0)).await?;
        } else {
            let why = attempt.error.unwrap_or_else(|| "no answer".to_owned());
            let ill = sql("UPDATE webhooks SET failing_since = coalesce(failing_since, $2),
                    disabled = CASE WHEN failing_since <= $3 THEN $4 ELSE disabled END WHERE webhook_id = $1
                 RETURNING disabled")
            .int(attempt.webhook.0)
            .int(now.0)
            .int(now.0.saturating_sub(ms(patience)))
            .text(format!("nothing arrived for {} hours: {why}", patience.as_secs() / 3600));
            let disabled = first(&tx.run(ill).await?, |row| row.text_or_null(0))?.flatten();
            if disabled.is_some() {
                let rest = sql("UPDATE deliveries SET state = 2, next_at = NULL
                     WHERE webhook_id = $1 AND state = 0");
                tx.run(rest.int(attempt.webhook.0)).await?;
            }
        }
        tx.commit().await
    }

    async fn deliveries(
        &self,
        tenant: TenantId,
        id: WebhookId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.webhook(tenant, id).await?;
        let query = sql(
            "SELECT d.delivery_no, d.event_id, e.kind, e.run_id, d.state, d.tries, d.last_at, d.last_status,
                    d.last_error, d.next_at, e.at
             FROM deliveries d JOIN events e ON e.event_id = d.event_id
             WHERE d.webhook_id = $1 AND d.delivery_no < $2 ORDER BY d.delivery_no DESC LIMIT $3",
        )
        .int(id.0)
        .int(before.unwrap_or(i64::MAX))
        .int(i64::from(limit));
        self.0.read(query).await?.iter().map(delivery).collect()
    }

    async fn redeliver(&self, tenant: TenantId, id: WebhookId, event: &str) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let update = sql("UPDATE deliveries SET state = 0, next_at = $4, since = $4, tries = 0
             WHERE webhook_id = $2 AND event_id = $3
               AND EXISTS (SELECT 1 FROM webhooks w WHERE w.webhook_id = $2 AND w.tenant_id = $1)
             RETURNING delivery_no")
        .int(tenant.0)
        .int(id.0)
        .text(event)
        .int(tx.now().0);
        if tx.run(update).await?.is_empty() {
            return Err(missing("delivery of event", event));
        }
        shared::crash::point("store.in_create");
        tx.commit().await
    }
}
