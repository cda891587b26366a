//! Beginning a run.

use super::SqliteStore;
use super::codes::get;
use super::error::{Result, corrupt};
use crate::store::codes::{PARKED, int, ms};
use shared::ids::{RunId, UrlId};
use shared::outcome::Kind;
use shared::ports::store::NewRun;

/// Writes the run, its counters and its seeds row.
pub(super) async fn create(store: &SqliteStore, new: NewRun) -> Result<RunId> {
    let job = serde_json::to_string(&new.job).map_err(corrupt)?;
    let limits = &new.job.limits;
    let mut tx = store.begin().await?;
    let deadline = limits.time().map(|span| tx.now.0.saturating_add(ms(span)));
    let query = sqlx::query(
        "INSERT INTO runs (state, seeds_open, urgent, weight, created_at, page_limit, byte_limit, deadline, name,
                           fingerprint, job)
         VALUES (0, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING run_id",
    );
    let query = query
        .bind(new.urgent)
        .bind(i64::from(new.weight))
        .bind(tx.now.0)
        .bind(limits.pages.map(int))
        .bind(limits.bytes.map(|bytes| int(bytes.0)))
        .bind(deadline)
        .bind(new.job.name.clone())
        .bind(new.fingerprint)
        .bind(job);
    let row = tx.all(query).await?;
    let run = RunId(get(row.first().ok_or_else(|| corrupt("a run without a number"))?, 0)?);
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
    tx.commit().await?;
    store.jobs.keep(run, new.job);
    Ok(run)
}
