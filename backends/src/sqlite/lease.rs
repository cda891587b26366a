//! The end of leases: rows go back to the queue, the lane and the host are free again.

use super::bulk::Bulk;
use super::codes::get;
use super::error::Result;
use super::ledger::{self, counts_update};
use super::page;
use super::writer::Tx;
use crate::store::codes::int;
use crate::store::lease::{Held, POISON};
use crate::store::ledger::Ledger;
use crate::store::page::{Closing, Unvisited};
use shared::ids::{HostId, LeaseId, RunId};
use shared::outcome::{Kind, Reason};
use shared::ports::store::PageEnd;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeSet;

static EMPTY: Bulk = Bulk::new(
    "DELETE FROM leases WHERE state = 2 AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.run_id = leases.run_id
       AND q.host_id = leases.host_id AND q.lease_id = leases.lease_id)
     AND lease_id IN ({}) RETURNING lease_id",
    1,
);

static FORGET_SEGMENTS: Bulk = Bulk::new("DELETE FROM lease_segments WHERE lease_id IN ({})", 1);

/// From the columns `lease_id, run_id, host_id`.
pub(super) fn held(row: &SqliteRow) -> Result<Held> {
    Ok(Held { lease: LeaseId(get(row, 0)?), run: RunId(get(row, 1)?), host: HostId(get(row, 2)?) })
}

/// Ends those of the leases that are handed and hold no open URL any more.
pub(super) async fn end_if_empty(tx: &mut Tx<'_>, leases: Vec<LeaseId>) -> Result<()> {
    let gone = EMPTY.read(tx.connection(), leases, |q| q, |q, lease| q.bind(lease.0)).await?;
    let gone: Vec<i64> = gone.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
    FORGET_SEGMENTS.run(tx, gone, |q| q, |q, lease| q.bind(lease)).await?;
    Ok(())
}

/// Leases whose end the last statement of an apply looks after.
const FEW: usize = 16;

/// Writes the counters, ends those of the leases that are handed and hold no open URL any more, and
/// commits.
pub(super) async fn commit(mut tx: Tx<'_>, books: &Ledger, leases: BTreeSet<LeaseId>) -> Result<()> {
    const LAST: &str = concat!(
        counts_update!(),
        "; DELETE FROM leases WHERE lease_id IN (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) AND state = 2
           AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.run_id = leases.run_id
             AND q.host_id = leases.host_id AND q.lease_id = leases.lease_id)
         ; DELETE FROM lease_segments WHERE lease_id IN (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
           AND lease_id NOT IN (SELECT lease_id FROM leases)
         ; COMMIT"
    );
    let mut few: Vec<Option<i64>> = leases.iter().map(|lease| Some(lease.0)).collect();
    if few.len() > FEW {
        end_if_empty(&mut tx, leases.into_iter().collect()).await?;
        few.clear();
    }
    few.resize(FEW, None);
    let query = ledger::bind_counts(books, sqlx::query(LAST));
    let query = few.iter().chain(&few).fold(query, |query, lease| query.bind(*lease));
    tx.commit_with(query).await.map(drop)
}

/// Ends a lease. Its open URLs wait again, uncharged.
pub(super) async fn put_back(tx: &mut Tx<'_>, held: Held) -> Result<()> {
    let query =
        sqlx::query("UPDATE queue SET lease_id = 0 WHERE run_id = ? AND host_id = ? AND lease_id = +?");
    let rows = tx.execute(query.bind(held.run.0).bind(held.host.0).bind(held.lease.0)).await?;
    requeued(tx, held.run, held.host, rows).await?;
    end(tx, held).await
}

/// Ends a lease whose worker is dead. Its open URLs wait again with one more death; those that have
/// died too often are closed.
pub(super) async fn expire(tx: &mut Tx<'_>, held: Held) -> Result<()> {
    close_poison(tx, held).await?;
    let query = sqlx::query(
        "UPDATE queue SET lease_id = 0, died = died + 1 WHERE run_id = ? AND host_id = ? AND lease_id = +?",
    );
    let rows = tx.execute(query.bind(held.run.0).bind(held.host.0).bind(held.lease.0)).await?;
    requeued(tx, held.run, held.host, rows).await?;
    end(tx, held).await
}

async fn close_poison(tx: &mut Tx<'_>, held: Held) -> Result<()> {
    let query = sqlx::query(
        "DELETE FROM queue WHERE (run_id, ord) IN (SELECT run_id, ord FROM queue
           WHERE run_id = ? AND host_id = ? AND lease_id = +? AND died >= ?)
         RETURNING url_id, kind, depth, url, asked_url",
    );
    let query = query.bind(held.run.0).bind(held.host.0).bind(held.lease.0).bind(POISON - 1);
    let rows = tx.all(query).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut books = ledger::open(tx, held.run).await?;
    let mut closing = Closing::default();
    for row in &rows {
        closing.unvisited(&mut books, tx.now, unvisited(row)?, PageEnd::Failed(Reason::PoisonFetch));
    }
    page::write(tx, &books, closing).await?;
    ledger::close(books, tx).await?;
    Ok(())
}

/// From the columns `url_id, kind, depth, url, asked_url`.
pub(super) fn unvisited(row: &SqliteRow) -> Result<Unvisited> {
    Ok(Unvisited {
        url_id: super::codes::url_id(row, 0)?,
        kind: Kind::from_code(super::codes::small(row, 1)?),
        depth: super::codes::small(row, 2)?,
        url: get(row, 3)?,
        asked_url: get(row, 4)?,
    })
}

/// Rows of a host wait again.
pub(super) async fn requeued(tx: &mut Tx<'_>, run: RunId, host: HostId, rows: u64) -> Result<()> {
    if rows > 0 {
        let query = sqlx::query(
            "UPDATE run_hosts SET queued = queued + ?,
               ready_at = CASE WHEN held = 0 THEN coalesce(ready_at, ?) END WHERE run_id = ? AND host_id = ?",
        );
        let query = query.bind(int(rows)).bind(tx.now.0);
        tx.execute(query.bind(run.0).bind(host.0)).await?;
    }
    Ok(())
}

async fn end(tx: &mut Tx<'_>, held: Held) -> Result<()> {
    let lease = held.lease.0;
    tx.execute(sqlx::query("DELETE FROM lease_segments WHERE lease_id = ?").bind(lease)).await?;
    tx.execute(sqlx::query("DELETE FROM leases WHERE lease_id = ?").bind(lease)).await?;
    free(tx, held.host).await
}

/// A lane of a host is free: whoever waits for the host looks again when its time has come.
pub(super) async fn free(tx: &mut Tx<'_>, host: HostId) -> Result<()> {
    let query = sqlx::query(
        "UPDATE run_hosts SET ready_at = max(?, (SELECT next_at FROM hosts WHERE host_id = run_hosts.host_id))
         WHERE host_id = ? AND ready_at IS NOT NULL",
    );
    tx.execute(query.bind(tx.now.0).bind(host.0)).await?;
    Ok(())
}

/// A host is left alone for a while from now, and for its own delay at least, if it is not left alone for
/// longer already.
pub(super) async fn pause_host(tx: &mut Tx<'_>, host: HostId, pause_ms: i64) -> Result<()> {
    let query =
        sqlx::query("UPDATE hosts SET next_at = max(next_at, ? + max(?, delay_ms)) WHERE host_id = ?");
    tx.execute(query.bind(tx.now.0).bind(pause_ms).bind(host.0)).await?;
    Ok(())
}
