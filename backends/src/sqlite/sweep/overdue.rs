//! Leases that nobody claimed, reported or finished, and retries whose time has come.

use crate::sqlite::codes::get;
use crate::sqlite::error::Result;
use crate::sqlite::{SqliteStore, lease};
use crate::store::codes::OFFERED;
use crate::store::offer::pause_of;
use shared::ids::{HostId, RunId};
use shared::ports::store::{SweepPolicy, Swept};
use std::collections::BTreeMap;

/// Leases ended in one transaction.
const LEASES: i64 = 256;

/// Lapses offers, expires granted leases.
pub(super) async fn leases(store: &SqliteStore, _policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let now = store.clock.now();
    let due = sqlx::query("SELECT 1 FROM leases WHERE state < 2 AND expires_at <= ? LIMIT 1").bind(now.0);
    if due.fetch_optional(&store.readers).await?.is_none() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    let query = sqlx::query(
        "SELECT l.lease_id, l.run_id, l.host_id, l.state, h.delay_ms FROM leases l
         JOIN hosts h ON h.host_id = l.host_id
         WHERE l.state < 2 AND l.expires_at <= ? ORDER BY l.expires_at LIMIT +?",
    );
    let rows = tx.all(query.bind(tx.now.0).bind(LEASES)).await?;
    swept.more |= rows.len() as i64 == LEASES;
    for row in &rows {
        let held = lease::held(row)?;
        if get::<i64>(row, 3)? == OFFERED {
            lease::put_back(&mut tx, held).await?;
            swept.lapsed += 1;
        } else {
            // Its worker may have asked just before it died.
            let job = store.job(held.run).await?;
            lease::pause_host(&mut tx, held.host, pause_of(&job, get(row, 4)?)).await?;
            lease::expire(&mut tx, held).await?;
            swept.expired += 1;
        }
    }
    tx.commit().await
}

/// Puts retries that are due back into the queue.
pub(super) async fn retries(store: &SqliteStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let now = store.clock.now();
    let due = sqlx::query("SELECT 1 FROM queue WHERE lease_id = -1 AND due <= ? LIMIT 1").bind(now.0);
    if due.fetch_optional(&store.readers).await?.is_none() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    let query = sqlx::query(
        "UPDATE queue SET lease_id = 0, due = NULL WHERE (run_id, ord) IN (SELECT run_id, ord FROM queue
           WHERE lease_id = -1 AND due <= ? ORDER BY due LIMIT +?) RETURNING run_id, host_id",
    );
    let rows = tx.all(query.bind(tx.now.0).bind(i64::from(policy.chunk))).await?;
    let mut by_host: BTreeMap<(RunId, HostId), u64> = BTreeMap::new();
    for row in &rows {
        *by_host.entry((RunId(get(row, 0)?), HostId(get(row, 1)?))).or_default() += 1;
    }
    for ((run, host), n) in by_host {
        lease::requeued(&mut tx, run, host, n).await?;
    }
    swept.due += rows.len() as u64;
    swept.more |= rows.len() as u64 >= u64::from(policy.chunk);
    tx.commit().await
}

/// Ends handed leases whose segments are all applied. What is open in them was lost on the way, and
/// waits again, uncharged.
pub(super) async fn handed(store: &SqliteStore, _policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    const FINISHED: &str = "SELECT l.lease_id, l.run_id, l.host_id FROM leases l WHERE l.state = 2
         AND NOT EXISTS (SELECT 1 FROM lease_segments ls JOIN segments s ON s.segment_no = ls.segment_no
                         WHERE ls.lease_id = l.lease_id AND s.state = 0)
         LIMIT 256";
    if sqlx::query(FINISHED).fetch_optional(&store.readers).await?.is_none() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    let rows = tx.all(sqlx::query(FINISHED)).await?;
    swept.more |= rows.len() as i64 == LEASES;
    for row in &rows {
        lease::put_back(&mut tx, lease::held(row)?).await?;
    }
    tx.commit().await
}
