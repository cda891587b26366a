//! Runs with what is beside them, and runs that belong together.

use super::engine::{Engine, Row, Transaction, sql};
use super::webhooks::insert;
use super::{Books, first};
use async_trait::async_trait;
use shared::firecrawl::Hook;
use shared::ids::{RunId, TenantId};
use shared::ports::StoreError;
use shared::ports::store::NewRun;
use shared::ports::store::control::{Beside, NewWebhook, Place, Series};

/// URLs that are looked for in one statement.
const URLS: usize = 100;

#[async_trait]
impl<E: Engine> Series for Books<E> {
    async fn begin_run(&self, new: NewRun, beside: Beside) -> Result<RunId, StoreError> {
        let mut tx = self.0.begin().await?;
        let tenant = new.tenant;
        let run = tx.create_run(new).await?;
        if let Some((webhook, hook)) = beside.hook {
            keep_hook(&mut *tx, run, &webhook, &hook).await?;
        }
        if let Some(name) = beside.series {
            let keep = sql("INSERT INTO run_series (run_id, tenant_id, name) VALUES ($1, $2, $3)
                 ON CONFLICT DO NOTHING");
            tx.run(keep.int(run.0).int(tenant.0).text(name)).await?;
        }
        tx.commit().await?;
        Ok(run)
    }

    async fn series(&self, tenant: TenantId, name: &str, limit: u32) -> Result<Vec<RunId>, StoreError> {
        let query = sql("SELECT run_id FROM run_series WHERE tenant_id = $1 AND name = $2
             ORDER BY run_id LIMIT $3");
        let query = query.int(tenant.0).text(name).int(i64::from(limit));
        self.0.read(query).await?.iter().map(|row| row.int(0).map(RunId)).collect()
    }

    async fn series_of(&self, run: RunId) -> Result<Option<(String, Option<RunId>)>, StoreError> {
        let query = sql("SELECT s.name,
               (SELECT max(t.run_id) FROM run_series t JOIN runs r ON r.run_id = t.run_id AND r.state = 3
                WHERE t.tenant_id = s.tenant_id AND t.name = s.name AND t.run_id < s.run_id)
             FROM run_series s WHERE s.run_id = $1");
        let alike = |row: &Row| Ok((row.text(0)?, row.int_or_null(1)?.map(RunId)));
        first(&self.0.read(query.int(run.0)).await?, alike)
    }

    async fn places(&self, run: RunId, urls: &[String]) -> Result<Vec<Place>, StoreError> {
        let mut found = Vec::new();
        for urls in urls.chunks(URLS) {
            let marks: Vec<String> = (2..urls.len() + 2).map(|n| format!("${n}")).collect();
            let text = format!(
                "SELECT url, seq, fetched_at FROM pages WHERE run_id = $1 AND outcome = 0 AND kind = 3 AND url IN ({})",
                marks.join(", ")
            );
            let query = urls.iter().fold(sql(text).int(run.0), |query, url| query.text(url.clone()));
            let place =
                |row: &Row| Ok(Place { url: row.text(0)?, seq: row.number(1)?, fetched_at: row.time(2)? });
            let rows = self.0.read(query).await?;
            found.extend(rows.iter().map(place).collect::<Result<Vec<_>, StoreError>>()?);
        }
        Ok(found)
    }
}

/// Keeps a run's endpoint, unless it has one.
async fn keep_hook(
    tx: &mut dyn Transaction,
    run: RunId,
    webhook: &NewWebhook,
    hook: &Hook,
) -> Result<(), StoreError> {
    let has = sql("SELECT webhook_id FROM webhooks WHERE run_id = $1").int(run.0);
    if tx.run(has).await?.is_empty() {
        insert(tx, webhook, Some((run, hook))).await?;
    }
    Ok(())
}
