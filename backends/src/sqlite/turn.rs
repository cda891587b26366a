//! The runs that may get leases, their hosts, and who else waits for these.

use super::SqliteStore;
use super::codes::{count, get};
use super::error::{Result, corrupt};
use super::host;
use super::writer::{Query, Tx};
use crate::store::codes::int;
use crate::store::offer::Host;
use crate::store::turn::{self, Candidate, TRACED};
use shared::clock::Timestamp;
use shared::ids::{HostId, RunId};
use shared::trace::TraceContext;
use sqlx::sqlite::SqliteRow;
use std::collections::VecDeque;

/// Hosts of a run that are read at once.
const HOSTS: u64 = 64;
/// Runs that wait for one host, looked at for the one whose turn it is.
const RIVALS: u64 = 64;

/// Begins; counts the offers and the leases that are handed, and reads the running runs that have a host to look at and are not
/// stopped by bytes or time.
pub(super) fn begin(now: Timestamp) -> Query {
    let query = sqlx::query(
        "BEGIN IMMEDIATE;
         SELECT (SELECT count(*) FROM leases WHERE state = 0 AND state < 2),
                (SELECT count(*) FROM leases WHERE state = 2);
         SELECT r.run_id, r.urgent, r.weight, r.page_limit, c.pages,
                (SELECT count(*) FROM leases l WHERE l.run_id = r.run_id AND l.state < 2),
                CASE WHEN c.closed < ? THEN r.trace END
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id
         WHERE r.state < 3 AND r.state = 1
           AND (r.byte_limit IS NULL OR c.bytes < r.byte_limit) AND (r.deadline IS NULL OR r.deadline > ?)
           AND EXISTS (SELECT 1 FROM run_hosts h WHERE h.run_id = r.run_id AND h.ready_at <= ?)",
    );
    query.bind(TRACED).bind(now.0).bind(now.0)
}

/// From the rows of [`begin`]: the number of offers, that of handed leases, the runs that may lease pages.
pub(super) async fn candidates(
    store: &SqliteStore,
    tx: &mut Tx<'_>,
    rows: &[SqliteRow],
) -> Result<(u64, u64, Vec<Candidate<Host>>)> {
    let (counts, rows) = rows.split_first().ok_or_else(|| corrupt("a count without a row"))?;
    let mut runs = Vec::with_capacity(rows.len());
    for row in rows {
        let run = RunId(get(row, 0)?);
        let pages = match get::<Option<i64>>(row, 3)? {
            None => None,
            Some(limit) => Some(pages_left(tx, run, limit, get(row, 4)?).await?),
        };
        runs.push(Candidate {
            run,
            urgent: get(row, 1)?,
            weight: count(row, 2)?.max(1),
            leases: count(row, 5)?,
            pages,
            job: store.job(run).await?,
            trace: get::<Option<String>>(row, 6)?.map(|parent| TraceContext::of(&parent, None)),
            hosts: VecDeque::new(),
            more: true,
        });
    }
    Ok((count(counts, 0)?, count(counts, 1)?, runs))
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

/// The next ready host of a run.
pub(super) async fn next_host(tx: &mut Tx<'_>, run: &mut Candidate<Host>, room: u64) -> Result<Option<Host>> {
    if run.hosts.is_empty() && run.more {
        let limit = room.clamp(1, HOSTS);
        run.hosts = host::ready(tx, run.run, limit).await?.into();
        // A host that was looked at is not ready any more, so asking again brings others.
        run.more = run.hosts.len() as u64 == limit;
    }
    Ok(run.hosts.pop_front())
}

/// Of the runs that wait for a host, the place of the one that gets it: `place`, or another.
pub(super) async fn winner(
    tx: &mut Tx<'_>,
    runs: &[Candidate<Host>],
    place: usize,
    host: HostId,
) -> Result<usize> {
    if runs.len() < 2 {
        return Ok(place);
    }
    let query = sqlx::query(
        "SELECT run_id FROM run_hosts WHERE host_id = ? AND ready_at <= ? ORDER BY served_at, run_id LIMIT +?",
    );
    let rows = tx.all(query.bind(host.0).bind(tx.now.0).bind(int(RIVALS))).await?;
    let rivals: Vec<RunId> = rows.iter().map(|row| Ok(RunId(get(row, 0)?))).collect::<Result<_>>()?;
    Ok(turn::winner(runs, place, &rivals))
}
