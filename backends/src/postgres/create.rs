//! Beginning a run.

use super::PostgresStore;
use super::codes::{get, of_url_id, text};
use super::error::{Result, corrupt};
use super::tx::Tx;
use crate::store::codes::{PARKED, int, ms};
use shared::ids::{RunId, UrlId};
use shared::outcome::Kind;
use shared::ports::StoreError;
use shared::ports::store::NewRun;
use shared::trace::TraceContext;

/// Begins a run.
pub(super) async fn create(store: &PostgresStore, new: &NewRun) -> Result<RunId> {
    let mut tx = store.begin().await?;
    let run = within(&mut tx, new).await?;
    shared::crash::point("store.in_create");
    tx.commit().await?;
    if new.once.is_none() {
        store.jobs.keep(run, new.job.clone());
    }
    Ok(run)
}

/// Writes the run, its counters and its seeds row; or finds the run that was made under the same text.
pub(super) async fn within(tx: &mut Tx, new: &NewRun) -> Result<RunId> {
    if new.once.is_some() || new.most_unfinished.is_some() {
        // One at a time, so that what is counted and looked for stays true.
        let query = sqlx::query("SELECT 1 FROM tenants WHERE tenant_id = $1 FOR NO KEY UPDATE");
        tx.one(query.bind(new.tenant.0)).await?;
    }
    if let Some(once) = &new.once {
        let query = sqlx::query("SELECT run_id FROM runs WHERE once_key = $1").bind(text(once.clone()));
        if let Some(row) = tx.one(query).await? {
            return Ok(RunId(get(&row, 0)?));
        }
    }
    refuse_too_many(tx, new).await?;
    let run = insert_run(tx, new).await?;
    let query = sqlx::query(
        "WITH counts AS (
           INSERT INTO run_counts (run_id, admitted, closed, urls, next_ord, pages, failed, redirected, cut, bytes,
                                   records, rejected)
           VALUES ($1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
         seen AS (INSERT INTO seen (run_id, url_id, ord) VALUES ($1, $2, 0))
         INSERT INTO queue (run_id, ord, url_id, host_id, lease_id, prio, kind, depth, hops, url)
         VALUES ($1, 0, $2, 0, $3, 0, $4, 0, 0, 'seeds:')",
    );
    let seeds = of_url_id(UrlId::of(run, "seeds:"));
    tx.execute(query.bind(run.0).bind(seeds).bind(PARKED).bind(Kind::Seeds.code())).await?;
    Ok(run)
}

async fn refuse_too_many(tx: &mut Tx, new: &NewRun) -> Result<()> {
    let Some(most) = new.most_unfinished else { return Ok(()) };
    let query =
        sqlx::query("SELECT count(*) FROM runs WHERE state < 3 AND tenant_id = $1").bind(new.tenant.0);
    let open: i64 = tx.one(query).await?.map_or(Ok(0), |row| get(&row, 0))?;
    if open >= i64::from(most) {
        return Err(StoreError::Exhausted(format!("{open} runs are unfinished, and {most} may be")).into());
    }
    Ok(())
}

async fn insert_run(tx: &mut Tx, new: &NewRun) -> Result<RunId> {
    let job = serde_json::to_string(&new.job).map_err(corrupt)?;
    let limits = &new.job.limits;
    let deadline = limits.time().map(|span| tx.now.0.saturating_add(ms(span)));
    let query = sqlx::query(
        "INSERT INTO runs (state, seeds_open, urgent, weight, created_at, page_limit, byte_limit, deadline, name,
                           fingerprint, job, tenant_id, job_id, once_key, trace)
         VALUES (0, 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING run_id",
    );
    let query = query
        .bind(i16::from(new.urgent))
        .bind(i32::from(new.weight))
        .bind(tx.now.0)
        .bind(limits.pages.map(int))
        .bind(limits.bytes.map(|bytes| int(bytes.0)))
        .bind(deadline)
        .bind(new.job.name.clone().map(text))
        .bind(text(new.fingerprint.clone()))
        .bind(text(job))
        .bind(new.tenant.0)
        .bind(new.job_id.map(|job| job.0))
        .bind(new.once.clone().map(text))
        .bind(TraceContext::current().map(|trace| text(trace.traceparent)));
    let row = tx.one(query).await?.ok_or_else(|| corrupt("a run without a number"))?;
    Ok(RunId(get(&row, 0)?))
}
