//! Granting a lease to the worker that claims it.

use super::PostgresStore;
use super::codes::{count, get, number, optional, small, url_id};
use super::error::{Result, again};
use crate::store::codes::{access, run_state};
use crate::store::grant::Found;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::messages::{Claim, Grant, Task};
use shared::outcome::Kind;
use shared::ports::store::GrantPolicy;
use shared::robots::RobotsAnswer;
use sqlx::postgres::PgRow;

const LOOK: &str =
    "SELECT l.run_id, l.state, l.worker, l.granted_at, l.expires_at, r.state, r.urgent, h.origin, h.next_at,
           h.delay_ms, (SELECT jar FROM jars j WHERE j.run_id = l.run_id AND j.host_id = l.host_id),
           b.access, b.text, b.fetched_at, b.valid_ms, h.failures, r.deadline
    FROM leases l JOIN runs r ON r.run_id = l.run_id JOIN hosts h ON h.host_id = l.host_id
    LEFT JOIN robots b ON b.host_id = l.host_id AND b.valid_until > $3
    WHERE l.lease_id = $1 AND l.host_id = $2";

/// Grants it if it is still as it was seen, and reads its URLs; a lease without any is a row of NULLs.
const GRANT: &str = "WITH l AS (
      UPDATE leases l SET state = 1, worker = $2, granted_at = $3, expires_at = $4
      WHERE l.lease_id = $1 AND (l.state = 0 OR l.state = 1 AND l.worker = $2) AND EXISTS (
        SELECT 1 FROM runs r WHERE r.run_id = l.run_id AND (r.state = 1 OR l.state = 1 AND r.state < 3))
      RETURNING l.run_id, l.host_id, l.lease_id)
    SELECT q.url_id, q.url, q.kind, q.depth, q.hops, q.tries, q.asked_url
    FROM l LEFT JOIN queue q ON q.run_id = l.run_id AND q.host_id = l.host_id AND q.lease_id = l.lease_id
    ORDER BY q.prio, q.ord";

pub(super) async fn grant(
    store: &PostgresStore,
    claim: &Claim,
    policy: GrantPolicy,
) -> Result<Option<Grant>> {
    again(|| once(store, claim, policy)).await
}

async fn once(store: &PostgresStore, claim: &Claim, policy: GrantPolicy) -> Result<Option<Grant>> {
    let mut tx = store.begin().await?;
    let query = sqlx::query(LOOK).bind(claim.lease.0).bind(claim.host.0).bind(tx.now.0);
    let Some(row) = tx.one(query).await? else {
        tx.undo().await?;
        return Ok(None);
    };
    let found = found(&row)?;
    let job = match store.jobs(&mut tx, &[found.run]).await?.pop() {
        Some(job) => job,
        None => store.job(found.run).await?,
    };
    let now = tx.now;
    let Some((granted_at, expires_at)) = found.times(claim, &job, policy, now) else {
        tx.undo().await?;
        return Ok(None);
    };
    let query = sqlx::query(GRANT).bind(claim.lease.0).bind(claim.worker.0.clone());
    let rows = tx.all(query.bind(granted_at).bind(expires_at)).await?;
    tx.commit().await?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(found.grant(claim, &job, tasks(&rows)?, granted_at, policy, now)))
}

/// From the row of [`LOOK`].
fn found(row: &PgRow) -> Result<Found> {
    Ok(Found {
        run: RunId(get(row, 0)?),
        state: number(row, 1)?,
        worker: get(row, 2)?,
        granted_at: optional(row, 3)?,
        expires_at: number(row, 4)?,
        run_state: run_state(number(row, 5)?)?,
        urgent: number(row, 6)? != 0,
        origin: get(row, 7)?,
        next_at: number(row, 8)?,
        delay_ms: number(row, 9)?,
        jar: get(row, 10)?,
        robots: robots(row, 11)?,
        failures: small(row, 15)?,
        deadline: optional(row, 16)?,
    })
}

fn tasks(rows: &[PgRow]) -> Result<Vec<Task>> {
    let mut tasks = Vec::with_capacity(rows.len());
    for row in rows {
        if get::<Option<&str>>(row, 1)?.is_none() {
            continue;
        }
        tasks.push(Task {
            url_id: url_id(row, 0)?,
            url: get(row, 1)?,
            kind: Kind::from_code(get(row, 2)?),
            depth: small(row, 3)?,
            hops: small(row, 4)?,
            tries: small(row, 5)?,
            asked_url: get(row, 6)?,
        });
    }
    Ok(tasks)
}

/// The host's robots.txt answer from four columns, if there is one that is still valid.
fn robots(row: &PgRow, first: usize) -> Result<Option<RobotsAnswer>> {
    let Some(code) = optional(row, first)? else {
        return Ok(None);
    };
    Ok(Some(RobotsAnswer {
        access: access(code)?,
        text: get(row, first + 1)?,
        fetched_at: Timestamp(number(row, first + 2)?),
        valid_ms: count(row, first + 3)?,
    }))
}
