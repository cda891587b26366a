//! Closing open URLs that are not under a lease, without a page row: what limits and a cancelled run
//! leave over.

use crate::sqlite::SqliteStore;
use crate::sqlite::codes::get;
use crate::sqlite::error::{Result, corrupt};
use crate::sqlite::ledger;
use crate::sqlite::writer::Tx;
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
    tx: &mut Tx<'_>,
    mut books: Ledger,
    which: Which,
    reason: Reason,
    chunk: u32,
) -> Result<u64> {
    let run = books.run;
    let query = sqlx::query(
        "SELECT host_id, min(lease_id, 1), count(*), max(ord) FROM
           (SELECT host_id, lease_id, ord FROM queue WHERE run_id = ? AND (lease_id <= 0 OR ?) ORDER BY ord LIMIT +?)
         GROUP BY 1, 2",
    );
    let all = which == Which::All;
    let rows = tx.all(query.bind(run.0).bind(all).bind(i64::from(chunk))).await?;
    let (mut n, mut last, mut seeds_are_cut) = (0, -1, false);
    for row in &rows {
        let rows = get::<i64>(row, 2)?;
        match get(row, 1)? {
            WAITS => books.queued(HostId(get(row, 0)?), -rows),
            PARKED => seeds_are_cut = true,
            _ => {}
        }
        n += u64::try_from(rows).map_err(corrupt)?;
        last = last.max(get(row, 3)?);
    }
    if n == 0 {
        return Ok(0);
    }
    let query = sqlx::query("DELETE FROM queue WHERE run_id = ? AND ord <= ? AND (lease_id <= 0 OR ?)");
    tx.execute(query.bind(run.0).bind(last).bind(all)).await?;
    if seeds_are_cut {
        let query = sqlx::query("UPDATE runs SET seeds_open = 0, state = max(state, 1) WHERE run_id = ?");
        tx.execute(query.bind(run.0)).await?;
        books.seeds_are_in();
    }
    books.counts.closed += n;
    books.cut(reason, n);
    ledger::close(books, tx).await?;
    Ok(n)
}

/// Goes on where closing the rows of a cancelled run was interrupted.
pub(super) async fn cancelled(store: &SqliteStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let query = sqlx::query("SELECT run_id FROM runs WHERE leftover <> 0 LIMIT 1");
    if let Some(row) = query.fetch_optional(&store.readers).await? {
        let run = RunId(get(&row, 0)?);
        let n = drop_cancelled(store, run, policy.chunk).await?;
        swept.cut += n;
        swept.more = true;
    }
    Ok(())
}

/// Closes a chunk of a cancelled run's rows; notes it when none is left. Returns how many.
pub(crate) async fn drop_cancelled(store: &SqliteStore, run: RunId, chunk: u32) -> Result<u64> {
    let mut tx = store.begin().await?;
    let books = ledger::open(&mut tx, run).await?;
    let n = close_leftover(&mut tx, books, Which::All, Reason::Cancelled, chunk).await?;
    if n < u64::from(chunk) {
        tx.execute(sqlx::query("UPDATE runs SET leftover = 0 WHERE run_id = ?").bind(run.0)).await?;
    }
    tx.commit().await?;
    Ok(n)
}
