//! Beginning a run.

use super::SqliteStore;
use super::codes::get;
use super::error::{Result, corrupt};
use super::writer::Tx;
use crate::store::codes::{PARKED, int, ms};
use shared::ids::{RunId, UrlId};
use shared::outcome::Kind;
use shared::ports::StoreError;
use shared::ports::store::NewRun;
use shared::trace::TraceContext;

/// Begins a run.
pub(super) async fn create(store: &SqliteStore, new: NewRun) -> Result<RunId> {
    let mut tx = store.begin().await?;
    let run = within(&mut tx, &new).await?;
    shared::crash::point("store.in_create");
    tx.commit().await?;
    if new.once.is_none() {
        store.jobs.keep(run, new.job);
    }
    Ok(run)
}

/// Writes the run, its counters and its seeds row; or finds the run that was made under the same text.
pub(super) async fn within(tx: &mut Tx<'_>, new: &NewRun) -> Result<RunId> {
    if let Some(once) = &new.once {
        let query = sqlx::query("SELECT run_id FROM runs WHERE once_key = ?").bind(once.clone());
        if let Some(row) = tx.one(query).await? {
            return Ok(RunId(get(&row, 0)?));
        }
    }
    refuse_too_many(tx, new).await?;
    let run = insert_run(tx, new).await?;
    let query = sqlx::query(
        "INSERT INTO run_counts (run_id, admitted, closed, urls, next_ord, pages, failed, redirected, cut, bytes,
                                 records, rejected)
         VALUES (?, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)",
    );
    tx.execute(query.bind(run.0)).await?;
    let seeds = UrlId::of(run, "seeds:");
    let query = sqlx::query("INSERT INTO seen (run_id, url_id, ord) VALUES (?, ?, 0)");
    tx.execute(query.bind(run.0).bind(seeds.0.to_vec())).await?;
    let query = sqlx::query(
        "INSERT INTO queue (run_id, ord, url_id, host_id, lease_id, prio, kind, depth, hops, url)
         VALUES (?, 0, ?, 0, ?, 0, ?, 0, 0, 'seeds:')",
    );
    let query = query.bind(run.0).bind(seeds.0.to_vec()).bind(PARKED);
    tx.execute(query.bind(i64::from(Kind::Seeds.code()))).await?;
    Ok(run)
}

async fn refuse_too_many(tx: &mut Tx<'_>, new: &NewRun) -> Result<()> {
    let Some(most) = new.most_unfinished else { return Ok(()) };
    let query = sqlx::query("SELECT count(*) FROM runs WHERE state < 3 AND tenant_id = ?").bind(new.tenant.0);
    let open: i64 = tx.one(query).await?.map_or(Ok(0), |row| get(&row, 0))?;
    if open >= i64::from(most) {
        return Err(StoreError::Exhausted(format!("{open} runs are unfinished, and {most} may be")).into());
    }
    Ok(())
}

async fn insert_run(tx: &mut Tx<'_>, new: &NewRun) -> Result<RunId> {
    let job = serde_json::to_string(&new.job).map_err(corrupt)?;
    let limits = &new.job.limits;
    let deadline = limits.time().map(|span| tx.now.0.saturating_add(ms(span)));
    let query = sqlx::query(
        "INSERT INTO runs (state, seeds_open, urgent, weight, created_at, page_limit, byte_limit, deadline, name,
                           fingerprint, job, tenant_id, job_id, once_key, trace)
         VALUES (0, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING run_id",
    );
    let query = query
        .bind(new.urgent)
        .bind(i64::from(new.weight))
        .bind(tx.now.0)
        .bind(limits.pages.map(int))
        .bind(limits.bytes.map(|bytes| int(bytes.0)))
        .bind(deadline)
        .bind(new.job.name.clone())
        .bind(new.fingerprint.clone())
        .bind(job)
        .bind(new.tenant.0)
        .bind(new.job_id.map(|job| job.0))
        .bind(new.once.clone())
        .bind(TraceContext::current().map(|trace| trace.traceparent));
    let row = tx.all(query).await?;
    Ok(RunId(get(row.first().ok_or_else(|| corrupt("a run without a number"))?, 0)?))
}
