//! Hosts: their locks, when somebody looks at them again, and what decides about a lease.

use super::codes::{count, get, number, optional};
use super::error::Result;
use super::tx::Tx;
use crate::store::offer::Host;
use shared::ids::{HostId, RunId};
use sqlx::postgres::PgRow;
use std::collections::{BTreeMap, BTreeSet};

/// Locks hosts: nobody else makes or ends a lease of theirs. Returns their pauses in milliseconds.
pub(super) async fn lock(
    tx: &mut Tx,
    hosts: impl IntoIterator<Item = HostId>,
) -> Result<BTreeMap<HostId, i64>> {
    let ids: Vec<i64> = hosts.into_iter().map(|host| host.0).collect();
    let query = sqlx::query(
        "SELECT host_id, delay_ms FROM hosts WHERE host_id = ANY($1) ORDER BY host_id FOR NO KEY UPDATE",
    );
    let row = |row| Ok((HostId(get(row, 0)?), number(row, 1)?));
    tx.all(query.bind(ids)).await?.iter().map(row).collect()
}

/// Hosts, which are locked, are left alone for a while from now, and for their own pauses at least, if
/// they are not left alone for longer already.
pub(super) async fn pause(tx: &mut Tx, pauses: impl IntoIterator<Item = (HostId, i64)>) -> Result<()> {
    let (hosts, pauses): (Vec<i64>, Vec<i64>) =
        pauses.into_iter().map(|(host, pause)| (host.0, pause)).unzip();
    let query = sqlx::query(
        "UPDATE hosts h SET next_at = greatest(h.next_at, $3 + greatest(u.pause, h.delay_ms))
         FROM (SELECT host_id, max(pause) AS pause FROM unnest($1::bigint[], $2::bigint[]) AS u (host_id, pause)
               GROUP BY 1) u
         WHERE h.host_id = u.host_id",
    );
    tx.execute(query.bind(hosts).bind(pauses).bind(tx.now.0)).await?;
    Ok(())
}

/// Locks the rows of a run's hosts, and those of all runs that wait for these, in order.
pub(super) async fn lock_waiting(tx: &mut Tx, run: RunId, hosts: &BTreeSet<HostId>) -> Result<()> {
    let query = sqlx::query(
        "SELECT 1 FROM run_hosts
         WHERE host_id = ANY($2) AND ready_at IS NOT NULL OR run_id = $1 AND host_id = ANY($2)
         ORDER BY run_id, host_id FOR NO KEY UPDATE",
    );
    tx.all(query.bind(run.0).bind(ids(hosts))).await?;
    Ok(())
}

/// Lanes of hosts are free, whose rows are locked: whoever waits for one looks again when its time has come.
pub(super) async fn free(tx: &mut Tx, hosts: &BTreeSet<HostId>) -> Result<()> {
    let query = sqlx::query(
        "UPDATE run_hosts r SET ready_at = greatest($2, h.next_at) FROM hosts h
         WHERE h.host_id = r.host_id AND r.host_id = ANY($1) AND r.ready_at IS NOT NULL",
    );
    tx.execute(query.bind(ids(hosts)).bind(tx.now.0)).await?;
    Ok(())
}

fn ids(hosts: &BTreeSet<HostId>) -> Vec<i64> {
    hosts.iter().map(|host| host.0).collect()
}

/// A host of a run, which is locked, and when the run was last served there.
pub(super) struct Waiting {
    pub(super) run: RunId,
    pub(super) served_at: i64,
    pub(super) host: Host,
}

/// Locks hosts that are ready, with their rows in the runs: of each run as many as it may have, those that
/// are ready for longest first. Leaves out what others hold.
pub(super) async fn take_ready(tx: &mut Tx, runs: &[(RunId, i64)]) -> Result<Vec<(RunId, HostId)>> {
    let query = sqlx::query(
        "SELECT r.run_id, h.host_id FROM unnest($1::bigint[], $2::bigint[]) AS r (run_id, most)
         CROSS JOIN LATERAL (
           SELECT rh.host_id FROM run_hosts rh JOIN hosts h ON h.host_id = rh.host_id
           WHERE rh.run_id = r.run_id AND rh.ready_at <= $3 ORDER BY rh.ready_at LIMIT r.most
           FOR NO KEY UPDATE OF rh, h SKIP LOCKED) h",
    );
    let (ids, most): (Vec<i64>, Vec<i64>) = runs.iter().map(|(run, most)| (run.0, *most)).unzip();
    let rows = tx.all(query.bind(ids).bind(most).bind(tx.now.0)).await?;
    rows.iter().map(|row| Ok((RunId(get(row, 0)?), HostId(get(row, 1)?)))).collect()
}

/// Locks the rows of these hosts, which are locked, in all of these runs that are ready for them.
pub(super) async fn take_rivals(
    tx: &mut Tx,
    runs: &[RunId],
    hosts: &BTreeSet<HostId>,
) -> Result<Vec<(RunId, HostId)>> {
    let query = sqlx::query(
        "SELECT run_id, host_id FROM run_hosts
         WHERE host_id = ANY($1) AND run_id = ANY($2) AND ready_at <= $3 FOR NO KEY UPDATE SKIP LOCKED",
    );
    let runs: Vec<i64> = runs.iter().map(|run| run.0).collect();
    let rows = tx.all(query.bind(ids(hosts)).bind(runs).bind(tx.now.0)).await?;
    rows.iter().map(|row| Ok((RunId(get(row, 0)?), HostId(get(row, 1)?)))).collect()
}

/// Reads what decides about leases of hosts. In a statement of its own, so that it sees all that was done
/// under the locks before.
pub(super) async fn read(tx: &mut Tx, pairs: &BTreeSet<(RunId, HostId)>) -> Result<Vec<Waiting>> {
    let query = sqlx::query(
        "SELECT rh.run_id, rh.host_id, rh.served_at, rh.queued, h.next_at, h.delay_ms,
                coalesce(b.valid_until > $3 AND b.paced = 0, false),
                ARRAY(SELECT lane FROM leases l WHERE l.host_id = rh.host_id AND l.state < 2),
                (SELECT min(expires_at) FROM leases l WHERE l.host_id = rh.host_id AND l.state < 2),
                (SELECT died FROM queue q WHERE q.run_id = rh.run_id AND q.host_id = rh.host_id
                   AND q.lease_id = 0 ORDER BY prio, ord LIMIT 1)
         FROM unnest($1::bigint[], $2::bigint[]) AS p (run_id, host_id)
         JOIN run_hosts rh ON rh.run_id = p.run_id AND rh.host_id = p.host_id
         JOIN hosts h ON h.host_id = p.host_id LEFT JOIN robots b ON b.host_id = p.host_id",
    );
    let (runs, hosts): (Vec<i64>, Vec<i64>) = pairs.iter().map(|(run, host)| (run.0, host.0)).unzip();
    tx.all(query.bind(runs).bind(hosts).bind(tx.now.0)).await?.iter().map(of_row).collect()
}

fn of_row(row: &PgRow) -> Result<Waiting> {
    let lanes: Vec<i32> = get(row, 7)?;
    let host = Host {
        id: HostId(get(row, 1)?),
        queued: count(row, 3)?,
        next_at: number(row, 4)?,
        delay_ms: number(row, 5)?,
        is_unpaced: get(row, 6)?,
        taken: lanes.into_iter().filter_map(|lane| u16::try_from(lane).ok()).collect(),
        first_expiry: optional(row, 8)?,
        died: optional(row, 9)?,
        is_stale: false,
    };
    Ok(Waiting { run: RunId(get(row, 0)?), served_at: number(row, 2)?, host })
}

/// Nobody looks at these hosts, whose rows are locked, for these runs before the time, unless something happens.
pub(super) async fn block(tx: &mut Tx, blocks: &BTreeMap<(RunId, HostId), i64>) -> Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    let (mut runs, mut hosts, mut untils) = (vec![], vec![], vec![]);
    for ((run, host), until) in blocks {
        runs.push(run.0);
        hosts.push(host.0);
        untils.push(*until);
    }
    let query = sqlx::query(
        "UPDATE run_hosts r SET ready_at = u.until
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u (run_id, host_id, until)
         WHERE r.run_id = u.run_id AND r.host_id = u.host_id AND r.ready_at IS NOT NULL",
    );
    tx.execute(query.bind(runs).bind(hosts).bind(untils)).await?;
    Ok(())
}
