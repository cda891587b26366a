//! Whose turn it is: urgent runs first, then those with the fewest leases for their weight; on a host,
//! the waiting run that was served longest ago.

use super::SqliteStore;
use super::codes::{count, get};
use super::error::Result;
use super::offer::Candidate;
use super::writer::Tx;
use shared::clock::Timestamp;
use shared::ids::{HostId, RunId};
use sqlx::SqliteConnection;
use std::collections::VecDeque;

/// Hosts of a run that are read at once.
const HOSTS: u64 = 64;
/// Runs that wait for one host, looked at for the one whose turn it is.
const RIVALS: i64 = 64;

/// The running runs that have a host to look at, and are not stopped by a limit.
pub(super) async fn candidates(store: &SqliteStore, tx: &mut Tx<'_>) -> Result<Vec<Candidate>> {
    let query = sqlx::query(
        "SELECT r.run_id, r.urgent, r.weight, r.page_limit, c.pages,
                (SELECT count(*) FROM leases l WHERE l.run_id = r.run_id AND l.state < 2)
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id
         WHERE r.state < 3 AND r.state = 1
           AND (r.byte_limit IS NULL OR c.bytes < r.byte_limit) AND (r.deadline IS NULL OR r.deadline > ?)
           AND EXISTS (SELECT 1 FROM run_hosts h WHERE h.run_id = r.run_id AND h.ready_at <= ?)",
    );
    let rows = tx.all(query.bind(tx.now.0).bind(tx.now.0)).await?;
    let mut runs = Vec::with_capacity(rows.len());
    for row in &rows {
        let run = RunId(get(row, 0)?);
        let pages = match get::<Option<i64>>(row, 3)? {
            None => None,
            Some(limit) => Some(pages_left(tx, run, limit, get(row, 4)?).await?),
        };
        if pages == Some(0) {
            continue;
        }
        runs.push(Candidate {
            run,
            urgent: get(row, 1)?,
            weight: count(row, 2)?.max(1),
            leases: count(row, 5)?,
            pages,
            job: store.job(run).await?,
            hosts: VecDeque::new(),
            more: true,
        });
    }
    Ok(runs)
}

/// Pages that may still be leased: those that are fetched and those that are under way count.
async fn pages_left(tx: &mut Tx<'_>, run: RunId, limit: i64, pages: i64) -> Result<u64> {
    // Whatever is under way, from the index alone; only near the limit does it matter what it is.
    let all = "SELECT count(*) FROM leases l
         JOIN queue q ON q.run_id = l.run_id AND q.host_id = l.host_id AND q.lease_id = l.lease_id
         WHERE l.run_id = ?";
    let only_pages = "SELECT count(*) FROM leases l
         JOIN queue q ON q.run_id = l.run_id AND q.host_id = l.host_id AND q.lease_id = l.lease_id
         WHERE l.run_id = ? AND q.kind = 3";
    for statement in [all, only_pages] {
        let query = sqlx::query(statement).bind(run.0);
        let under_way: i64 = tx.one(query).await?.map_or(Ok(0), |row| get(&row, 0))?;
        let left = limit.saturating_sub(pages).saturating_sub(under_way);
        if let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) {
            return Ok(left);
        }
    }
    Ok(0)
}

/// The place of the run whose turn it is.
pub(super) fn next(runs: &[Candidate]) -> Option<usize> {
    let order = |a: &Candidate, b: &Candidate| {
        let share = (a.leases * b.weight).cmp(&(b.leases * a.weight));
        b.urgent.cmp(&a.urgent).then(share).then(a.run.cmp(&b.run))
    };
    (0..runs.len()).filter(|place| runs[*place].pages != Some(0)).min_by(|a, b| order(&runs[*a], &runs[*b]))
}

/// The next ready host of a run.
pub(super) async fn next_host(tx: &mut Tx<'_>, run: &mut Candidate, room: u64) -> Result<Option<HostId>> {
    if run.hosts.is_empty() && run.more {
        let limit = room.clamp(1, HOSTS);
        let query = sqlx::query(
            "SELECT host_id FROM run_hosts WHERE run_id = ? AND ready_at <= ? ORDER BY ready_at LIMIT ?",
        );
        let query = query.bind(run.run.0).bind(tx.now.0).bind(super::codes::int(limit));
        run.hosts = tx.all(query).await?.iter().map(|row| Ok(HostId(get(row, 0)?))).collect::<Result<_>>()?;
        // Every host that was looked at is not ready any more, so asking again brings others.
        run.more = !run.hosts.is_empty();
    }
    Ok(run.hosts.pop_front())
}

/// Of the runs that wait for a host, the place of the one that gets it: `place`, or another.
pub(super) async fn winner(tx: &mut Tx<'_>, runs: &[Candidate], place: usize, host: HostId) -> Result<usize> {
    if runs.len() < 2 {
        return Ok(place);
    }
    let query = sqlx::query(
        "SELECT run_id FROM run_hosts WHERE host_id = ? AND ready_at <= ? ORDER BY served_at, run_id LIMIT ?",
    );
    let rows = tx.all(query.bind(host.0).bind(tx.now.0).bind(RIVALS)).await?;
    let mut best = place;
    for row in rows.iter().rev() {
        let run = RunId(get(row, 0)?);
        let rival = runs.iter().position(|candidate| candidate.run == run && candidate.pages != Some(0));
        if let Some(rival) = rival.filter(|rival| runs[*rival].urgent || !runs[best].urgent) {
            best = rival;
        }
    }
    Ok(best)
}

/// What a look without a transaction tells.
pub(super) struct Glance {
    /// Offers that nobody has claimed yet.
    pub(super) offered: u64,
    /// Some running run has a host to look at.
    pub(super) ready: bool,
}

/// Looks whether there is anything to do at all; most looks find nothing.
pub(super) async fn glance(connection: &mut SqliteConnection, now: Timestamp) -> Result<Glance> {
    let query = sqlx::query(
        "SELECT (SELECT count(*) FROM leases WHERE state = 0 AND state < 2),
                EXISTS (SELECT 1 FROM runs r JOIN run_hosts h ON h.run_id = r.run_id
                        WHERE r.state < 3 AND r.state = 1 AND h.ready_at <= ?)",
    );
    let row = query.bind(now.0).fetch_one(connection).await?;
    Ok(Glance { offered: count(&row, 0)?, ready: get(&row, 1)? })
}

/// When something may be ready next. With all offers made, the first of them to lapse counts too.
pub(super) async fn next_due(
    connection: &mut SqliteConnection,
    now: Timestamp,
    is_full: bool,
) -> Result<Option<Timestamp>> {
    let query = sqlx::query(
        "SELECT min(at) FROM (
           SELECT (SELECT min(ready_at) FROM run_hosts h WHERE h.run_id = r.run_id AND h.ready_at > ?) AS at
           FROM runs r WHERE r.state < 3 AND r.state = 1
           UNION ALL SELECT min(due) FROM queue WHERE lease_id = -1
           UNION ALL SELECT min(expires_at) FROM leases WHERE state = 0 AND state < 2 AND ?)",
    );
    let row = query.bind(now.0).bind(is_full).fetch_one(connection).await?;
    Ok(get::<Option<i64>>(&row, 0)?.map(Timestamp))
}
