//! Answers to requests that may be repeated.

use super::engine::{Engine, Transaction, sql};
use super::{Books, corrupt, first, ms};
use async_trait::async_trait;
use shared::ids::TenantId;
use shared::ports::StoreError;
use shared::ports::store::control::{Answer, Begun, Idempotency, RequestKey};
use std::time::Duration;

/// What the request made before. It is locked: another try of it waits until this transaction has ended.
pub(super) async fn made(
    tx: &mut dyn Transaction,
    once: Option<&RequestKey>,
) -> Result<Option<String>, StoreError> {
    let Some(once) = once else { return Ok(None) };
    let lock = sql("UPDATE requests SET made = made WHERE tenant_id = $1 AND name = $2 RETURNING made");
    let rows = tx.run(lock.int(once.tenant.0).text(&*once.key)).await?;
    Ok(first(&rows, |row| row.text_or_null(0))?.flatten())
}

/// Notes what the request made, in the transaction that makes it. The process that a test lets die before the commit
/// dies here.
pub(super) async fn note_made(
    tx: &mut dyn Transaction,
    once: Option<&RequestKey>,
    what: impl std::fmt::Display + Send,
) -> Result<(), StoreError> {
    if let Some(once) = once {
        let note = sql("UPDATE requests SET made = $3 WHERE tenant_id = $1 AND name = $2");
        tx.run(note.int(once.tenant.0).text(&*once.key).text(what.to_string())).await?;
    }
    shared::crash::point("store.in_create");
    Ok(())
}

#[async_trait]
impl<E: Engine> Idempotency for Books<E> {
    async fn begin_request(
        &self,
        tenant: TenantId,
        key: &str,
        hash: [u8; 32],
        patience: Duration,
    ) -> Result<Begun, StoreError> {
        let mut tx = self.0.begin().await?;
        let dead = tx.now().0.saturating_sub(ms(patience));
        let insert = sql("INSERT INTO requests (tenant_id, name, hash, begun_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant_id, name) DO UPDATE SET begun_at = excluded.begun_at
             WHERE requests.status IS NULL AND requests.hash = excluded.hash
               AND (requests.begun_at <= $5 OR requests.made IS NOT NULL)
             RETURNING tenant_id");
        let insert = insert.int(tenant.0).text(key).blob(hash).int(tx.now().0).int(dead);
        if !tx.run(insert).await?.is_empty() {
            tx.commit().await?;
            return Ok(Begun::Fresh);
        }
        let read = sql("SELECT hash, status, headers, body FROM requests WHERE tenant_id = $1 AND name = $2");
        let rows = tx.run(read.int(tenant.0).text(key)).await?;
        let row = rows.first().ok_or_else(|| corrupt("a request that was not kept"))?;
        if row.hash(0)? != hash {
            return Ok(Begun::Other);
        }
        Ok(match row.number_or_null(1)? {
            None => Begun::InFlight,
            Some(status) => Begun::Answered(Answer { status, headers: row.text(2)?, body: row.blob(3)? }),
        })
    }

    async fn end_request(&self, tenant: TenantId, key: &str, answer: &Answer) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let update = sql("UPDATE requests SET status = $3, headers = $4, body = $5
             WHERE tenant_id = $1 AND name = $2 AND status IS NULL")
        .int(tenant.0)
        .text(key)
        .int(i64::from(answer.status))
        .text(answer.headers.clone())
        .blob(answer.body.clone());
        tx.run(update).await?;
        tx.commit().await
    }

    async fn forget_request(&self, tenant: TenantId, key: &str) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let delete = sql("DELETE FROM requests
             WHERE tenant_id = $1 AND name = $2 AND status IS NULL AND made IS NULL");
        tx.run(delete.int(tenant.0).text(key)).await?;
        tx.commit().await
    }

    async fn tidy(&self, answers: Duration, events: Duration) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let old = tx.now().0.saturating_sub(ms(answers));
        tx.run(sql("DELETE FROM requests WHERE begun_at < $1").int(old)).await?;
        let old = tx.now().0.saturating_sub(ms(events));
        tx.run(sql("DELETE FROM firings WHERE at < $1").int(old)).await?;
        let told = sql("DELETE FROM deliveries WHERE state <> 0
             AND event_id IN (SELECT event_id FROM events WHERE at < $1)");
        tx.run(told.int(old)).await?;
        let events = sql("DELETE FROM events WHERE at < $1
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = events.event_id)");
        tx.run(events.int(old)).await?;
        // Endpoints of one run, of which nothing is left to show.
        let hooks = sql("DELETE FROM webhooks WHERE run_id IS NOT NULL AND created_at < $1
             AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.run_id = webhooks.run_id AND r.announced < 2)
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = webhooks.webhook_id)");
        tx.run(hooks.int(old)).await?;
        tx.commit().await
    }
}
