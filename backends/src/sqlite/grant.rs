//! Granting a lease to the worker that claims it.

use super::codes::{GRANTED, OFFERED, access, array, count, get, ms, run_state, small};
use super::error::Result;
use super::writer::Lasts;
use super::{SqliteStore, offer};
use shared::clock::Timestamp;
use shared::ids::{RunId, UrlId};
use shared::job::{Job, RobotsMode};
use shared::messages::{Claim, FetchPolicy, Grant, Task};
use shared::outcome::Kind;
use shared::ports::store::{GrantPolicy, RunState};
use shared::robots::RobotsAnswer;
use sqlx::sqlite::SqliteRow;
use std::time::Duration;

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
    let run = RunId(get(row, 0)?);
    let job = store.job(run).await?;
    let Some((granted_at, expires_at)) = times(row, claim, &job, policy, tx.now)? else {
        tx.commit().await?;
        return Ok(None);
    };
    let now = tx.now;
    let query = sqlx::query(GRANT).bind(claim.worker.0.clone()).bind(granted_at).bind(expires_at);
    let query = query.bind(claim.lease.0).bind(run.0).bind(claim.host.0).bind(claim.lease.0);
    let tasks = tasks(&tx.commit_with(query).await?)?;
    let origin: String = get(row, 7)?;
    Ok(Some(Grant {
        lease: claim.lease,
        host: claim.host,
        run,
        urgent: get(row, 6)?,
        tasks,
        robots: match job.politeness.robots {
            RobotsMode::Obey => robots(row, 11)?,
            RobotsMode::Ignore => None,
        },
        policy: FetchPolicy::of(&job, &origin),
        origin,
        jar: get(row, 10)?,
        failures: small(row, 15)?,
        left_ms: millis(Timestamp(last_begin(row, granted_at, policy)?).since(now)),
        wait_ms: millis(Timestamp(get(row, 8)?).since(now)),
    }))
}

/// From when to when the lease is the claimant's; None: it is gone.
fn times(
    row: &SqliteRow,
    claim: &Claim,
    job: &Job,
    policy: GrantPolicy,
    now: Timestamp,
) -> Result<Option<(i64, i64)>> {
    let run = run_state(get(row, 5)?)?;
    Ok(match get::<i64>(row, 1)? {
        OFFERED if run == RunState::Running => {
            let pause = offer::pause_of(job, get(row, 9)?);
            let lives = [ms(policy.slice), ms(job.request.timeouts.total.0), ms(policy.margin), pause];
            Some((now.0, lives.into_iter().fold(now.0, i64::saturating_add)))
        }
        // Asked again by the worker that holds it: a pause refuses new grants, not the answer that was
        // given.
        GRANTED if !run.is_over() && get::<Option<String>>(row, 2)?.as_deref() == Some(&claim.worker.0) => {
            Some((get(row, 3)?, get(row, 4)?))
        }
        _ => None,
    })
}

/// No request begins later than this: the end of the slice, or of the run's time.
fn last_begin(row: &SqliteRow, granted_at: i64, policy: GrantPolicy) -> Result<i64> {
    let deadline: Option<i64> = get(row, 16)?;
    Ok(granted_at.saturating_add(ms(policy.slice)).min(deadline.unwrap_or(i64::MAX)))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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
