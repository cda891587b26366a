//! Tenants and keys.

use super::engine::{Engine, Row, sql};
use super::idempotency::{made, note_made};
use super::{Books, corrupt, first, int, missing, ms};
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::TenantId;
use shared::ports::StoreError;
use shared::ports::store::control::{ApiKey, NewKey, Quotas, RequestKey, Scope, Tenant, Tenants, Usage};
use std::time::Duration;

const DAY: i64 = 24 * 3600 * 1000;

/// The columns of a tenant, and of a key.
macro_rules! tenant {
    ($rest:literal) => {
        concat!(
            "SELECT tenant_id, name, created_at, requests_per_minute, concurrent_runs, pages_per_day,
                    storage_bytes FROM tenants ",
            $rest
        )
    };
}
macro_rules! key {
    ($rest:literal) => {
        concat!(
            "SELECT key_no, key_id, tenant_id, name, hash, scope, created_at, expires_at, last_used_at
             FROM api_keys ",
            $rest
        )
    };
}

fn tenant(row: &Row) -> Result<Tenant, StoreError> {
    Ok(Tenant {
        id: TenantId(row.int(0)?),
        name: row.text(1)?,
        created_at: row.time(2)?,
        quotas: Quotas {
            requests_per_minute: row.number_or_null(3)?,
            concurrent_runs: row.number_or_null(4)?,
            pages_per_day: row.number_or_null(5)?,
            storage_bytes: row.number_or_null(6)?,
        },
    })
}

fn key(row: &Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        place: row.int(0)?,
        id: row.text(1)?,
        tenant: TenantId(row.int(2)?),
        name: row.text(3)?,
        hash: row.hash(4)?,
        scope: scope(row.int(5)?)?,
        created_at: row.time(6)?,
        expires_at: row.time_or_null(7)?,
        last_used_at: row.time_or_null(8)?,
    })
}

fn scope(code: i64) -> Result<Scope, StoreError> {
    match code {
        0 => Ok(Scope::Read),
        1 => Ok(Scope::Write),
        2 => Ok(Scope::Admin),
        _ => Err(corrupt(format!("scope {code}"))),
    }
}

#[async_trait]
impl<E: Engine> Tenants for Books<E> {
    async fn create_tenant(
        &self,
        name: &str,
        quotas: Quotas,
        once: Option<&RequestKey>,
    ) -> Result<Tenant, StoreError> {
        let mut tx = self.0.begin().await?;
        if let Some(id) = made(&mut *tx, once).await? {
            drop(tx);
            return self.tenant(TenantId(id.parse().map_err(corrupt)?)).await;
        }
        let insert = sql("INSERT INTO tenants (name, created_at, requests_per_minute, concurrent_runs,
                                               pages_per_day, storage_bytes)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING tenant_id")
        .text(name)
        .int(tx.now().0)
        .int(quotas.requests_per_minute.map(i64::from))
        .int(quotas.concurrent_runs.map(i64::from))
        .int(quotas.pages_per_day.map(int))
        .int(quotas.storage_bytes.map(int));
        let id = first(&tx.run(insert).await?, |row| row.int(0))?;
        let id = id.ok_or_else(|| StoreError::Conflict(format!("there is a tenant {name} already")))?;
        let tenant = Tenant { id: TenantId(id), name: name.to_owned(), created_at: tx.now(), quotas };
        note_made(&mut *tx, once, id).await?;
        tx.commit().await?;
        Ok(tenant)
    }

    async fn tenant(&self, id: TenantId) -> Result<Tenant, StoreError> {
        let rows = self.0.read(sql(tenant!("WHERE tenant_id = $1")).int(id.0)).await?;
        first(&rows, tenant)?.ok_or_else(|| missing("tenant", id))
    }

    async fn tenants(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, StoreError> {
        let query = sql(tenant!("WHERE tenant_id > $1 ORDER BY tenant_id LIMIT $2"))
            .int(after.map_or(0, |id| id.0))
            .int(i64::from(limit));
        self.0.read(query).await?.iter().map(tenant).collect()
    }

    async fn set_quotas(&self, id: TenantId, quotas: Quotas) -> Result<Tenant, StoreError> {
        let mut tx = self.0.begin().await?;
        let update =
            sql("UPDATE tenants SET requests_per_minute = $2, concurrent_runs = $3, pages_per_day = $4,
                    storage_bytes = $5 WHERE tenant_id = $1")
            .int(id.0)
            .int(quotas.requests_per_minute.map(i64::from))
            .int(quotas.concurrent_runs.map(i64::from))
            .int(quotas.pages_per_day.map(int))
            .int(quotas.storage_bytes.map(int));
        tx.run(update).await?;
        let rows = tx.run(sql(tenant!("WHERE tenant_id = $1")).int(id.0)).await?;
        let changed = first(&rows, tenant)?.ok_or_else(|| missing("tenant", id))?;
        tx.commit().await?;
        Ok(changed)
    }

    async fn usage(&self, id: TenantId) -> Result<Usage, StoreError> {
        let since = self.0.now().await?.0 - DAY;
        let query = sql("SELECT count(CASE WHEN r.state < 3 THEN 1 END),
                CAST(coalesce(sum(CASE WHEN r.created_at > $2 THEN c.pages ELSE 0 END), 0) AS BIGINT),
                CAST(coalesce(sum(c.bytes), 0) AS BIGINT)
             FROM runs r JOIN run_counts c ON c.run_id = r.run_id WHERE r.tenant_id = $1")
        .int(id.0)
        .int(since);
        let usage = |row: &Row| {
            Ok(Usage {
                concurrent_runs: row.number(0)?,
                pages_per_day: row.number(1)?,
                storage_bytes: row.number(2)?,
            })
        };
        Ok(first(&self.0.read(query).await?, usage)?.unwrap_or_default())
    }

    async fn create_key(&self, new: NewKey) -> Result<ApiKey, StoreError> {
        let mut tx = self.0.begin().await?;
        if let Some(id) = made(&mut *tx, new.once.as_ref()).await? {
            return Err(StoreError::Conflict(format!(
                "this request made the key {id} before, whose text is shown only once: rotate it, or end it"
            )));
        }
        let now = tx.now();
        let insert =
            sql("INSERT INTO api_keys (key_id, tenant_id, name, hash, scope, created_at, expires_at)
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE EXISTS (SELECT 1 FROM tenants WHERE tenant_id = $2)")
            .text(new.id.clone())
            .int(new.tenant.0)
            .text(new.name)
            .blob(new.hash)
            .int(new.scope as i64)
            .int(now.0)
            .int(new.lives.map(|span| now.plus(span).0));
        tx.run(insert).await?;
        let rows = tx.run(sql(key!("WHERE key_id = $1")).text(&*new.id)).await?;
        let kept = first(&rows, key)?.ok_or_else(|| missing("tenant", new.tenant))?;
        note_made(&mut *tx, new.once.as_ref(), &new.id).await?;
        tx.commit().await?;
        Ok(kept)
    }

    async fn key(&self, id: &str) -> Result<Option<ApiKey>, StoreError> {
        first(&self.0.read(sql(key!("WHERE key_id = $1")).text(id)).await?, key)
    }

    async fn keys(
        &self,
        tenant: TenantId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let query = sql(key!("WHERE tenant_id = $1 AND key_no < $2 ORDER BY key_no DESC LIMIT $3"))
            .int(tenant.0)
            .int(before.unwrap_or(i64::MAX))
            .int(i64::from(limit));
        self.0.read(query).await?.iter().map(key).collect()
    }

    async fn end_key(&self, tenant: TenantId, id: &str, after: Duration) -> Result<ApiKey, StoreError> {
        let mut tx = self.0.begin().await?;
        let end = tx.now().0.saturating_add(ms(after));
        let update =
            sql("UPDATE api_keys SET expires_at = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END
             WHERE tenant_id = $1 AND key_id = $2")
            .int(tenant.0)
            .text(id)
            .int(end);
        tx.run(update).await?;
        let rows = tx.run(sql(key!("WHERE tenant_id = $1 AND key_id = $2")).int(tenant.0).text(id)).await?;
        let ended = first(&rows, key)?.ok_or_else(|| missing("key", id))?;
        tx.commit().await?;
        Ok(ended)
    }

    async fn used_keys(&self, used: &[(String, Timestamp)]) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        for (id, at) in used {
            let update = sql("UPDATE api_keys SET last_used_at = $2
                 WHERE key_id = $1 AND coalesce(last_used_at, 0) < $2");
            tx.run(update.text(id.clone()).int(at.0)).await?;
        }
        tx.commit().await
    }

    async fn has_live_keys(&self) -> Result<bool, StoreError> {
        let now = self.0.now().await?;
        let query =
            sql("SELECT count(*) FROM api_keys WHERE expires_at IS NULL OR expires_at > $1").int(now.0);
        Ok(first(&self.0.read(query).await?, |row| row.int(0))?.unwrap_or(0) > 0)
    }

    async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        let query = || sql("SELECT secret FROM secrets WHERE name = $1").text(name);
        if let Some(secret) = first(&self.0.read(query()).await?, |row| row.hash(0))? {
            return Ok(secret);
        }
        let fresh = random();
        let mut tx = self.0.begin().await?;
        let insert = sql("INSERT INTO secrets (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        tx.run(insert.text(name).blob(fresh)).await?;
        let kept = first(&tx.run(query()).await?, |row| row.hash(0))?;
        tx.commit().await?;
        kept.ok_or_else(|| corrupt("a secret that was not kept"))
    }

    async fn renew_secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        let fresh = random();
        let mut tx = self.0.begin().await?;
        let put = sql("INSERT INTO secrets (name, secret) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET secret = excluded.secret");
        tx.run(put.text(name).blob(fresh)).await?;
        tx.commit().await?;
        Ok(fresh)
    }
}

/// 32 random bytes. A version-4 UUID has 122 random bits; hashing two of them leaves no fixed bits in sight.
fn random() -> [u8; 32] {
    let mut fresh = [0; 32];
    fresh[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    fresh[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    *blake3::hash(&fresh).as_bytes()
}
