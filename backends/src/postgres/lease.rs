//! The end of leases: rows go back to the queue, the lane and the host are free again. All of one run,
//! whose books are open.

use super::codes::{count, get, number};
use super::error::Result;
use super::tx::Tx;
use super::{host, ledger, page};
use crate::store::lease::{Held, POISON};
use crate::store::ledger::Ledger;
use crate::store::page::{Closing, Unvisited};
use shared::ids::{HostId, LeaseId, RunId};
use shared::outcome::{Kind, Reason};
use shared::ports::store::PageEnd;
use sqlx::postgres::PgRow;
use std::collections::{BTreeMap, BTreeSet};

/// From the columns `lease_id, run_id, host_id`.
pub(super) fn held(row: &PgRow) -> Result<Held> {
    Ok(Held { lease: LeaseId(get(row, 0)?), run: RunId(get(row, 1)?), host: HostId(get(row, 2)?) })
}

/// Leases by run.
pub(super) fn by_run(rows: &[PgRow]) -> Result<BTreeMap<RunId, Vec<Held>>> {
    let mut runs: BTreeMap<RunId, Vec<Held>> = BTreeMap::new();
    for row in rows {
        let held = held(row)?;
        runs.entry(held.run).or_default().push(held);
    }
    Ok(runs)
}

/// A lease that is locked, as it is now.
pub(super) struct Locked {
    pub(super) held: Held,
    pub(super) state: i64,
    pub(super) expires_at: i64,
    /// Its host's pause.
    pub(super) delay_ms: i64,
}

/// Locks the hosts of leases, then those of the leases that are still there.
pub(super) async fn lock(tx: &mut Tx, leases: &[Held]) -> Result<Vec<Locked>> {
    let delays = host::lock(tx, leases.iter().map(|held| held.host)).await?;
    let ids: Vec<i64> = leases.iter().map(|held| held.lease.0).collect();
    let query = sqlx::query(
        "SELECT lease_id, run_id, host_id, state, expires_at FROM leases WHERE lease_id = ANY($1)
         ORDER BY lease_id FOR UPDATE",
    );
    let locked = |row| {
        let held = held(row)?;
        let delay_ms = delays.get(&held.host).copied().unwrap_or_default();
        Ok(Locked { held, state: number(row, 3)?, expires_at: number(row, 4)?, delay_ms })
    };
    tx.all(query.bind(ids)).await?.iter().map(locked).collect()
}

/// Ends those of the leases that are handed and hold no open URL any more.
pub(super) async fn end_if_empty(tx: &mut Tx, leases: BTreeSet<LeaseId>) -> Result<()> {
    let query = sqlx::query(
        "WITH gone AS (
           DELETE FROM leases l WHERE l.lease_id = ANY($1) AND l.state = 2
             AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.run_id = l.run_id AND q.host_id = l.host_id
                             AND q.lease_id = l.lease_id)
           RETURNING l.lease_id)
         DELETE FROM lease_segments WHERE lease_id IN (SELECT lease_id FROM gone)",
    );
    let ids: Vec<i64> = leases.into_iter().map(|lease| lease.0).collect();
    tx.execute(query.bind(ids)).await?;
    Ok(())
}

/// Puts the open URLs of leases back, uncharged.
pub(super) async fn put_back(tx: &mut Tx, books: &mut Ledger, leases: &[Held]) -> Result<()> {
    requeue(tx, books, leases, 0).await
}

/// Puts the open URLs of leases whose workers are dead back with one more death; those that have died too
/// often are closed.
pub(super) async fn charge(tx: &mut Tx, books: &mut Ledger, leases: &[Held]) -> Result<()> {
    close_poison(tx, books, leases).await?;
    requeue(tx, books, leases, 1).await
}

async fn requeue(tx: &mut Tx, books: &mut Ledger, leases: &[Held], deaths: i16) -> Result<()> {
    if leases.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(
        "WITH back AS (
           UPDATE queue q SET lease_id = 0, died = q.died + $4
           FROM unnest($2::bigint[], $3::bigint[]) AS u (host_id, lease_id)
           WHERE q.run_id = $1 AND q.host_id = u.host_id AND q.lease_id = u.lease_id RETURNING q.host_id)
         SELECT host_id, count(*) FROM back GROUP BY host_id",
    );
    let (hosts, ids) = columns(leases);
    let rows = tx.all(query.bind(books.run.0).bind(hosts).bind(ids).bind(deaths)).await?;
    for row in &rows {
        books.queued(HostId(get(row, 0)?), number(row, 1)?);
    }
    Ok(())
}

async fn close_poison(tx: &mut Tx, books: &mut Ledger, leases: &[Held]) -> Result<()> {
    let query = sqlx::query(
        "DELETE FROM queue q USING unnest($2::bigint[], $3::bigint[]) AS u (host_id, lease_id)
         WHERE q.run_id = $1 AND q.host_id = u.host_id AND q.lease_id = u.lease_id AND q.died >= $4
         RETURNING q.url_id, q.kind, q.depth, q.url, q.asked_url",
    );
    let (hosts, ids) = columns(leases);
    let rows = tx.all(query.bind(books.run.0).bind(hosts).bind(ids).bind(POISON - 1)).await?;
    let mut closing = Closing::default();
    for row in &rows {
        closing.unvisited(books, tx.now, unvisited(row)?, PageEnd::Failed(Reason::PoisonFetch));
    }
    page::write(tx, books.run, closing).await
}

fn columns(leases: &[Held]) -> (Vec<i64>, Vec<i64>) {
    leases.iter().map(|held| (held.host.0, held.lease.0)).unzip()
}

/// From the columns `url_id, kind, depth, url, asked_url`.
pub(super) fn unvisited(row: &PgRow) -> Result<Unvisited> {
    Ok(Unvisited {
        url_id: super::codes::url_id(row, 0)?,
        kind: Kind::from_code(get(row, 1)?),
        depth: super::codes::small(row, 2)?,
        url: get(row, 3)?,
        asked_url: get(row, 4)?,
    })
}

/// Writes the books and ends leases: whoever waits for their hosts looks again when these's time has come.
/// Returns how many were ended.
pub(super) async fn end(tx: &mut Tx, books: Ledger, leases: &[Held]) -> Result<u64> {
    let hosts = BTreeSet::from_iter(leases.iter().map(|held| held.host));
    host::lock_waiting(tx, books.run, &hosts).await?;
    ledger::close(books, tx).await?;
    host::free(tx, &hosts).await?;
    let query = sqlx::query(
        "WITH segments AS (DELETE FROM lease_segments WHERE lease_id = ANY($1)),
         gone AS (DELETE FROM leases WHERE lease_id = ANY($1) RETURNING 1)
         SELECT count(*) FROM gone",
    );
    let (_, ids) = columns(leases);
    let row = tx.one(query.bind(ids)).await?;
    row.map_or(Ok(0), |row| count(&row, 0))
}
