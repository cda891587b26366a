//! Beginning a run.

use super::PostgresStore;
use super::codes::{get, of_url_id, text};
use super::error::{Result, corrupt};
use crate::store::codes::{PARKED, int, ms};
use shared::ids::{RunId, UrlId};
use shared::outcome::Kind;
use shared::ports::store::NewRun;

/// Writes the run, its counters and its seeds row.
pub(super) async fn create(store: &PostgresStore, new: &NewRun) -> Result<RunId> {
    let job = serde_json::to_string(&new.job).map_err(corrupt)?;
    let limits = &new.job.limits;
    let mut tx = store.begin().await?;
    let deadline = limits.time().map(|span| tx.now.0.saturating_add(ms(span)));
    let query = sqlx::query(
        "INSERT INTO runs (state, seeds_open, urgent, weight, created_at, page_limit, byte_limit, deadline, name,
                           fingerprint, job)
         VALUES (0, true, $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING run_id",
    );
    let query = query
        .bind(new.urgent)
        .bind(i32::from(new.weight))
        .bind(tx.now.0)
        .bind(limits.pages.map(int))
        .bind(limits.bytes.map(|bytes| int(bytes.0)))
        .bind(deadline)
        .bind(new.job.name.clone().map(text))
        .bind(text(new.fingerprint.clone()))
        .bind(text(job));
    let row = tx.one(query).await?;
    let run = RunId(get(&row.ok_or_else(|| corrupt("a run without a number"))?, 0)?);
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
    tx.commit().await?;
    store.jobs.keep(run, new.job.clone());
    Ok(run)
}
