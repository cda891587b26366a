//! Reading and writing a run's books. Opening them locks the run: until the transaction ends, nobody
//! else admits, closes or puts back anything of it, or changes its state.

use super::codes::{count, get, number, optional};
use super::error::Result;
use super::tx::Tx;
use crate::store::codes::{int, of_run_state, of_tally_kind, run_state};
use crate::store::ledger::{Ledger, REJECTED_NAMES};
use crate::store::no_such;
use shared::ids::RunId;
use shared::ports::store::RunCounts;
use sqlx::postgres::PgRow;

/// Opens the books of a run, alone.
///
/// # Errors
/// [`shared::ports::StoreError::NotFound`]: no such run.
pub(super) async fn open(tx: &mut Tx, run: RunId) -> Result<Ledger> {
    // Both rows are locked, so that both are as they are now, and not as they were before the wait.
    let query = sqlx::query(
        "SELECT r.state, c.admitted, c.closed, c.pages, c.failed, c.redirected, c.cut, c.bytes, c.records,
                c.rejected, c.urls, c.next_ord
         FROM run_counts c JOIN runs r ON r.run_id = c.run_id WHERE c.run_id = $1
         FOR NO KEY UPDATE OF c, r",
    );
    let row = tx.one(query.bind(run.0)).await?.ok_or_else(|| no_such(run))?;
    let state = run_state(number(&row, 0)?)?;
    Ok(Ledger::new(run, state, counts(&row, 1)?, count(&row, 10)?, get(&row, 11)?))
}

/// What writing the books shows.
pub(super) struct Closed {
    /// The run is over.
    pub(super) is_over: bool,
    /// A host has something to lease that had nothing.
    pub(super) is_ready: bool,
}

/// Writes the books. Ends the run if nothing is open any more.
pub(super) async fn close(mut books: Ledger, tx: &mut Tx) -> Result<Closed> {
    write_tallies(&mut books, tx).await?;
    if books.end() {
        let query = sqlx::query("UPDATE runs SET state = $2, ended_at = $3 WHERE run_id = $1");
        let query = query.bind(books.run.0).bind(of_run_state(books.state)).bind(tx.now.0);
        tx.execute(query).await?;
    }
    let query = sqlx::query(
        "UPDATE run_counts SET admitted = $1, closed = $2, pages = $3, failed = $4, redirected = $5, cut = $6,
           bytes = $7, records = $8, rejected = $9, urls = $10, next_ord = $11 WHERE run_id = $12",
    );
    let query = books.numbers().into_iter().fold(query, |query, n| query.bind(n));
    tx.execute(query.bind(books.next_ord).bind(books.run.0)).await?;
    // Last, because others wait for these rows: whoever reports a lease, or makes one.
    let is_ready = write_hosts(&mut books, tx).await?;
    Ok(Closed { is_over: books.state.is_over(), is_ready })
}

/// Returns whether one of them is ready from now on, and was not.
async fn write_hosts(books: &mut Ledger, tx: &mut Tx) -> Result<bool> {
    let changes = books.take_hosts();
    if changes.is_empty() {
        return Ok(false);
    }
    let (mut hosts, mut queued, mut admitted, mut ready) = (vec![], vec![], vec![], vec![]);
    for (host, change) in changes {
        hosts.push(host.0);
        queued.push(change.queued);
        admitted.push(int(change.admitted));
        ready.push((change.queued > 0).then_some(tx.now.0));
    }
    let query = sqlx::query(
        "INSERT INTO run_hosts AS h (run_id, host_id, queued, admitted, ready_at)
         SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
           AS u (host_id, queued, admitted, ready_at) ORDER BY u.host_id
         ON CONFLICT (run_id, host_id) DO UPDATE SET
           queued = h.queued + excluded.queued, admitted = h.admitted + excluded.admitted,
           ready_at = CASE WHEN h.queued + excluded.queued > 0 AND h.held = 0
                           THEN coalesce(h.ready_at, excluded.ready_at) END
         RETURNING ready_at",
    );
    let query = query.bind(books.run.0).bind(hosts).bind(queued).bind(admitted).bind(ready);
    let now = Some(tx.now.0);
    tx.all(query).await?.iter().try_fold(false, |any, row| Ok(any | (optional(row, 0)? == now)))
}

async fn write_tallies(books: &mut Ledger, tx: &mut Tx) -> Result<()> {
    cap_names(books, tx).await?;
    let tallies = books.take_tallies();
    if tallies.is_empty() {
        return Ok(());
    }
    let (mut kinds, mut keys, mut counts) = (vec![], vec![], vec![]);
    for ((kind, key), n) in tallies {
        kinds.push(of_tally_kind(kind));
        keys.push(super::codes::text(key));
        counts.push(int(n));
    }
    let query = sqlx::query(
        "INSERT INTO tallies AS t (run_id, kind, key, n)
         SELECT $1, u.* FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS u (kind, key, n)
         ON CONFLICT (run_id, kind, key) DO UPDATE SET n = t.n + excluded.n",
    );
    tx.execute(query.bind(books.run.0).bind(kinds).bind(keys).bind(counts)).await?;
    Ok(())
}

/// Holds the names of rejected records to a number that a person can read.
async fn cap_names(books: &mut Ledger, tx: &mut Tx) -> Result<()> {
    let names = books.rejected_names();
    if names.is_empty() {
        return Ok(());
    }
    let query = sqlx::query("SELECT key FROM tallies WHERE run_id = $1 AND kind = 4");
    let rows = tx.all(query.bind(books.run.0)).await?;
    if (rows.len() + names.len()) as u64 > REJECTED_NAMES {
        let known: Vec<String> = rows.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
        books.fold_rejected(&known);
    }
    Ok(())
}

/// Counters from nine columns in a row, in the order of [`RunCounts`].
pub(super) fn counts(row: &PgRow, first: usize) -> Result<RunCounts> {
    Ok(RunCounts {
        admitted: count(row, first)?,
        closed: count(row, first + 1)?,
        pages: count(row, first + 2)?,
        failed: count(row, first + 3)?,
        redirected: count(row, first + 4)?,
        cut: count(row, first + 5)?,
        bytes: count(row, first + 6)?,
        records: count(row, first + 7)?,
        rejected: count(row, first + 8)?,
    })
}
