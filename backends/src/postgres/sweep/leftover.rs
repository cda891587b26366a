//! Closing open URLs that are not under a lease, without a page row: what limits and a cancelled run
//! leave over.

use crate::postgres::PostgresStore;
use crate::postgres::codes::{get, number};
use crate::postgres::error::{Result, again, corrupt};
use crate::postgres::ledger;
use crate::postgres::tx::Tx;
use crate::store::codes::{PARKED, WAITS};
use crate::store::ledger::Ledger;
use shared::ids::{HostId, RunId};
use shared::outcome::Reason;
use shared::ports::store::{SweepPolicy, Swept};

/// Which of a run's open URLs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that are under no lease.
    Unleased,
    /// All of them.
    All,
}

/// Closes at most `chunk` open URLs as cut; returns how many.
pub(crate) async fn close_leftover(
    tx: &mut Tx,
    mut books: Ledger,
    which: Which,
    reason: Reason,
    chunk: u32,
) -> Result<u64> {
    let run = books.run;
    let unleased = "WITH gone AS (
           DELETE FROM queue WHERE run_id = $1 AND ord = ANY(ARRAY(
             SELECT ord FROM queue WHERE run_id = $1 AND lease_id <= 0 ORDER BY ord LIMIT $2 FOR UPDATE))
           RETURNING host_id, lease_id)
         SELECT host_id, least(lease_id, 1), count(*) FROM gone GROUP BY 1, 2";
    let all = "WITH gone AS (
           DELETE FROM queue WHERE run_id = $1 AND ord = ANY(ARRAY(
             SELECT ord FROM queue WHERE run_id = $1 ORDER BY ord LIMIT $2 FOR UPDATE))
           RETURNING host_id, lease_id)
         SELECT host_id, least(lease_id, 1), count(*) FROM gone GROUP BY 1, 2";
    let query = sqlx::query(if which == Which::All { all } else { unleased });
    let rows = tx.all(query.bind(run.0).bind(i64::from(chunk))).await?;
    let (mut n, mut seeds_are_cut) = (0, false);
    for row in &rows {
        let rows = number(row, 2)?;
        match number(row, 1)? {
            WAITS => books.queued(HostId(get(row, 0)?), -rows),
            PARKED => seeds_are_cut = true,
            _ => {}
        }
        n += u64::try_from(rows).map_err(corrupt)?;
    }
    if n == 0 {
        return Ok(0);
    }
    if seeds_are_cut {
        let query =
            sqlx::query("UPDATE runs SET seeds_open = 0, state = greatest(state, 1) WHERE run_id = $1");
        tx.execute(query.bind(run.0)).await?;
        books.seeds_are_in();
    }
    books.counts.closed += n;
    books.cut(reason, n);
    ledger::close(books, tx).await?;
    Ok(n)
}

/// Goes on where closing the rows of a cancelled run was interrupted.
pub(super) async fn cancelled(store: &PostgresStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let query = sqlx::query("SELECT run_id FROM runs WHERE leftover <> 0 LIMIT 1");
    if let Some(row) = store.one(query).await? {
        let run = RunId(get(&row, 0)?);
        swept.cut += again(|| drop_cancelled(store, run, policy.chunk)).await?;
        swept.more = true;
    }
    Ok(())
}

/// Closes a chunk of a cancelled run's rows; notes it when none is left. Returns how many.
pub(crate) async fn drop_cancelled(store: &PostgresStore, run: RunId, chunk: u32) -> Result<u64> {
    let mut tx = store.begin().await?;
    let books = ledger::open(&mut tx, run).await?;
    let n = close_leftover(&mut tx, books, Which::All, Reason::Cancelled, chunk).await?;
    if n < u64::from(chunk) {
        tx.execute(sqlx::query("UPDATE runs SET leftover = 0 WHERE run_id = $1").bind(run.0)).await?;
    }
    tx.commit().await?;
    Ok(n)
}
