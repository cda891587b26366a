//! Granting a lease to the worker that claims it.

use super::codes::{GRANTED, OFFERED, access, count, get, int, ms, run_state, small, url_id};
use super::error::Result;
use super::writer::Tx;
use super::{SqliteStore, offer};
use shared::clock::Timestamp;
use shared::ids::{HostId, RunId};
use shared::job::RobotsMode;
use shared::messages::{Claim, FetchPolicy, Grant, Task};
use shared::outcome::Kind;
use shared::ports::store::{GrantPolicy, RunState};
use shared::robots::RobotsAnswer;
use sqlx::sqlite::SqliteRow;

pub(super) async fn grant(store: &SqliteStore, claim: &Claim, policy: GrantPolicy) -> Result<Option<Grant>> {
    let mut tx = store.begin().await?;
    let query = sqlx::query(
        "SELECT l.run_id, l.state, l.worker, l.granted_at, r.state, r.urgent, h.origin, h.next_at, h.delay_ms,
                h.failures,
                (SELECT jar FROM jars j WHERE j.run_id = l.run_id AND j.host_id = l.host_id)
         FROM leases l JOIN runs r ON r.run_id = l.run_id JOIN hosts h ON h.host_id = l.host_id
         WHERE l.lease_id = ? AND l.host_id = ?",
    );
    let Some(row) = tx.one(query.bind(claim.lease.0).bind(claim.host.0)).await? else {
        tx.commit().await?;
        return Ok(None);
    };
    let run = RunId(get(&row, 0)?);
    let job = store.job(run).await?;
    let slice = ms(policy.slice);
    let granted_at = match get::<i64>(&row, 1)? {
        OFFERED if run_state(get(&row, 4)?)? == RunState::Running => {
            let timeout = ms(job.request.timeouts.total.0);
            let pause = offer::pause_of(&job, get(&row, 8)?);
            let expires_at =
                [slice, timeout, ms(policy.margin), pause].into_iter().fold(tx.now.0, i64::saturating_add);
            let query = sqlx::query(
                "UPDATE leases SET state = 1, worker = ?, granted_at = ?, expires_at = ? WHERE lease_id = ?",
            );
            let query = query.bind(claim.worker.0.clone()).bind(tx.now.0).bind(expires_at);
            tx.execute(query.bind(claim.lease.0)).await?;
            tx.now.0
        }
        GRANTED if is_the_holders(&row, claim)? => get(&row, 3)?,
        _ => {
            tx.commit().await?;
            return Ok(None);
        }
    };
    let robots = match job.politeness.robots {
        RobotsMode::Obey => robots(&mut tx, claim.host).await?,
        RobotsMode::Ignore => None,
    };
    let origin: String = get(&row, 6)?;
    let left = Timestamp(granted_at.saturating_add(slice)).since(tx.now);
    let grant = Grant {
        lease: claim.lease,
        host: claim.host,
        run,
        urgent: get(&row, 5)?,
        tasks: tasks(&mut tx, run, claim).await?,
        robots,
        policy: FetchPolicy::of(&job, &origin),
        origin,
        failures: small(&row, 9)?,
        jar: get(&row, 10)?,
        left_ms: millis(left),
        wait_ms: millis(Timestamp(get(&row, 7)?).since(tx.now)),
    };
    tx.commit().await?;
    Ok(Some(grant))
}

/// Asked again by the worker that holds it: a pause refuses new grants, not the answer that was
/// given.
fn is_the_holders(row: &SqliteRow, claim: &Claim) -> Result<bool> {
    let is_over = run_state(get(row, 4)?)?.is_over();
    Ok(!is_over && get::<Option<String>>(row, 2)?.as_deref() == Some(&claim.worker.0))
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(ms(duration)).unwrap_or_default()
}

async fn tasks(tx: &mut Tx<'_>, run: RunId, claim: &Claim) -> Result<Vec<Task>> {
    let query = sqlx::query(
        "SELECT url_id, url, kind, depth, hops, tries, asked_url FROM queue
         WHERE run_id = ? AND host_id = ? AND lease_id = ? ORDER BY prio, ord",
    );
    let rows = tx.all(query.bind(run.0).bind(claim.host.0).bind(claim.lease.0)).await?;
    let task = |row: &SqliteRow| {
        Ok(Task {
            url_id: url_id(row, 0)?,
            url: get(row, 1)?,
            kind: Kind::from_code(small(row, 2)?),
            depth: small(row, 3)?,
            hops: small(row, 4)?,
            tries: small(row, 5)?,
            asked_url: get(row, 6)?,
        })
    };
    rows.iter().map(task).collect()
}

/// The host's robots.txt answer, if it is still valid.
async fn robots(tx: &mut Tx<'_>, host: HostId) -> Result<Option<RobotsAnswer>> {
    let query = sqlx::query(
        "SELECT access, text, fetched_at, valid_ms FROM robots WHERE host_id = ? AND valid_until > ?",
    );
    let Some(row) = tx.one(query.bind(host.0).bind(tx.now.0)).await? else {
        return Ok(None);
    };
    Ok(Some(RobotsAnswer {
        access: access(get(&row, 0)?)?,
        text: get(&row, 1)?,
        fetched_at: Timestamp(get(&row, 2)?),
        valid_ms: count(&row, 3)?,
    }))
}

/// Stores an answer, unless a later one is known.
pub(super) async fn store_robots(tx: &mut Tx<'_>, host: HostId, answer: &RobotsAnswer) -> Result<()> {
    let is_denied = answer.access == shared::robots::Access::Denied;
    let query = sqlx::query(
        "INSERT INTO robots (host_id, access, paced, fetched_at, valid_ms, valid_until, text, denied_since)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (host_id) DO UPDATE SET access = excluded.access, paced = excluded.paced,
           fetched_at = excluded.fetched_at, valid_ms = excluded.valid_ms, valid_until = excluded.valid_until,
           text = excluded.text,
           denied_since = CASE WHEN excluded.denied_since IS NOT NULL
                               THEN coalesce(denied_since, excluded.denied_since) END
         WHERE excluded.fetched_at >= fetched_at",
    );
    let query = query
        .bind(host.0)
        .bind(super::codes::of_access(answer.access))
        .bind(answer.text.to_ascii_lowercase().contains("crawl-delay"))
        .bind(answer.fetched_at.0)
        .bind(int(answer.valid_ms))
        .bind(tx.now.0.saturating_add(int(answer.valid_ms)))
        .bind(answer.text.clone())
        .bind(is_denied.then_some(tx.now.0));
    tx.execute(query).await?;
    Ok(())
}
