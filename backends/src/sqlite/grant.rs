//! Granting a lease to the worker that claims it.

use super::SqliteStore;
use super::codes::{array, count, get, small};
use super::error::Result;
use super::writer::Lasts;
use crate::store::codes::{access, run_state};
use crate::store::grant::Found;
use shared::clock::Timestamp;
use shared::ids::{RunId, UrlId};
use shared::messages::{Claim, Grant, Task};
use shared::outcome::Kind;
use shared::ports::store::GrantPolicy;
use shared::robots::RobotsAnswer;
use sqlx::sqlite::SqliteRow;

const LOOK: &str = "BEGIN IMMEDIATE;
    SELECT l.run_id, l.state, l.worker, l.granted_at, l.expires_at, r.state, r.urgent, h.origin, h.next_at,
           h.delay_ms, (SELECT jar FROM jars j WHERE j.run_id = l.run_id AND j.host_id = l.host_id),
           b.access, b.text, b.fetched_at, b.valid_ms, h.failures, r.deadline
    FROM leases l JOIN runs r ON r.run_id = l.run_id JOIN hosts h ON h.host_id = l.host_id
    LEFT JOIN robots b ON b.host_id = l.host_id AND b.valid_until > ?
    WHERE l.lease_id = ? AND l.host_id = ?";

const GRANT: &str =
    "UPDATE leases SET state = 1, worker = ?, granted_at = ?, expires_at = ? WHERE lease_id = ?;
    SELECT json_group_array(json_array(lower(hex(url_id)), url, kind, depth, hops, tries, asked_url)
                            ORDER BY prio, ord)
    FROM queue WHERE run_id = ? AND host_id = ? AND lease_id = +?;
    COMMIT";

pub(super) async fn grant(store: &SqliteStore, claim: &Claim, policy: GrantPolicy) -> Result<Option<Grant>> {
    let first = |now: Timestamp| sqlx::query(LOOK).bind(now.0).bind(claim.lease.0).bind(claim.host.0);
    let (tx, rows) = store.begin_with(Lasts::Process, first).await?;
    let Some(row) = rows.first() else {
        tx.commit().await?;
        return Ok(None);
    };
    let found = found(row)?;
    let job = store.job(found.run).await?;
    let Some((granted_at, expires_at)) = found.times(claim, &job, policy, tx.now) else {
        tx.commit().await?;
        return Ok(None);
    };
    let now = tx.now;
    let query = sqlx::query(GRANT).bind(claim.worker.0.clone()).bind(granted_at).bind(expires_at);
    let query = query.bind(claim.lease.0).bind(found.run.0).bind(claim.host.0).bind(claim.lease.0);
    let tasks = tasks(&tx.commit_with(query).await?)?;
    Ok(Some(found.grant(claim, &job, tasks, granted_at, policy, now)))
}

/// From the row of [`LOOK`].
fn found(row: &SqliteRow) -> Result<Found> {
    Ok(Found {
        run: RunId(get(row, 0)?),
        state: get(row, 1)?,
        worker: get(row, 2)?,
        granted_at: get(row, 3)?,
        expires_at: get(row, 4)?,
        run_state: run_state(get(row, 5)?)?,
        urgent: get(row, 6)?,
        origin: get(row, 7)?,
        next_at: get(row, 8)?,
        delay_ms: get(row, 9)?,
        jar: get(row, 10)?,
        robots: robots(row, 11)?,
        failures: small(row, 15)?,
        deadline: get(row, 16)?,
    })
}

/// One URL of a lease, as [`GRANT`] writes it.
type TaskRow = (UrlId, String, i16, u16, u16, u16, Option<String>);

fn tasks(rows: &[SqliteRow]) -> Result<Vec<Task>> {
    let rows: Vec<TaskRow> = array(rows)?;
    let task = |(url_id, url, kind, depth, hops, tries, asked_url): TaskRow| Task {
        url_id,
        url,
        kind: Kind::from_code(kind),
        depth,
        hops,
        tries,
        asked_url,
    };
    Ok(rows.into_iter().map(task).collect())
}

/// The host's robots.txt answer from four columns, if there is one that is still valid.
fn robots(row: &SqliteRow, first: usize) -> Result<Option<RobotsAnswer>> {
    let Some(code) = get::<Option<i64>>(row, first)? else {
        return Ok(None);
    };
    Ok(Some(RobotsAnswer {
        access: access(code)?,
        text: get(row, first + 1)?,
        fetched_at: Timestamp(get(row, first + 2)?),
        valid_ms: count(row, first + 3)?,
    }))
}
