//! Reading and writing a run's books.

use super::bulk::Bulk;
use super::codes::{count, get};
use super::error::Result;
use super::writer::{Query, Tx};
use crate::store::codes::{int, of_run_state, of_tally_kind, run_state};
use crate::store::ledger::{HostChange, Ledger, REJECTED_NAMES};
use crate::store::no_such;
use shared::ids::{HostId, RunId};
use shared::ports::store::{RunCounts, TallyKind};
use sqlx::sqlite::SqliteRow;

/// Reads the books of a run.
macro_rules! books {
    () => {
        "SELECT r.state, c.admitted, c.closed, c.pages, c.failed, c.redirected, c.cut, c.bytes, c.records,
                c.rejected, c.urls, c.next_ord
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id WHERE r.run_id = ?"
    };
}
pub(super) use books;

/// Writes the counters of a run.
macro_rules! counts_update {
    () => {
        "UPDATE run_counts SET admitted = ?, closed = ?, pages = ?, failed = ?, redirected = ?, cut = ?,
           bytes = ?, records = ?, rejected = ?, urls = ?, next_ord = ? WHERE run_id = ?"
    };
}
pub(super) use counts_update;

static HOSTS: Bulk = Bulk::new(
    "INSERT INTO run_hosts (run_id, host_id, queued, admitted, ready_at)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL
     ON CONFLICT (run_id, host_id) DO UPDATE SET
       queued = queued + excluded.queued, admitted = admitted + excluded.admitted,
       ready_at = CASE WHEN queued + excluded.queued > 0 AND held = 0
                       THEN coalesce(ready_at, excluded.ready_at) END",
    5,
);

static TALLIES: Bulk = Bulk::new(
    "INSERT INTO tallies (run_id, kind, key, n) SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL
     ON CONFLICT (run_id, kind, key) DO UPDATE SET n = n + excluded.n",
    4,
);

static KNOWN_REJECTED: Bulk =
    Bulk::new("SELECT key FROM tallies WHERE run_id = ? AND kind = 4 AND key IN ({})", 1);

/// The statement whose row [`of_row`] takes; its parameter is the run.
const READ: &str = books!();

/// Opens the books of a run.
///
/// # Errors
/// [`shared::ports::StoreError::NotFound`]: no such run.
pub(super) async fn open(tx: &mut Tx<'_>, run: RunId) -> Result<Ledger> {
    let row = tx.one(sqlx::query(READ).bind(run.0)).await?;
    of_row(run, &row.ok_or_else(|| no_such(run))?)
}

/// From the row of `books!()`.
pub(super) fn of_row(run: RunId, row: &SqliteRow) -> Result<Ledger> {
    let state = run_state(get(row, 0)?)?;
    Ok(Ledger::new(run, state, counts(row, 1)?, count(row, 10)?, get(row, 11)?))
}

/// Writes the books. Ends the run if nothing is open any more; returns whether it is over.
pub(super) async fn close(mut books: Ledger, tx: &mut Tx<'_>) -> Result<bool> {
    let is_over = write(&mut books, tx).await?;
    tx.execute(bind_counts(&books, sqlx::query(counts_update!()))).await?;
    Ok(is_over)
}

/// As [`close`], and ends the transaction with it.
pub(super) async fn commit(mut books: Ledger, mut tx: Tx<'_>) -> Result<bool> {
    let is_over = write(&mut books, &mut tx).await?;
    let last = sqlx::query(concat!(counts_update!(), "; COMMIT"));
    tx.commit_with(bind_counts(&books, last)).await?;
    Ok(is_over)
}

/// Writes all but the counters themselves.
pub(super) async fn write(books: &mut Ledger, tx: &mut Tx<'_>) -> Result<bool> {
    let (run, now) = (books.run.0, tx.now.0);
    let bind_host = |q: Query, (host, change): (HostId, HostChange)| {
        let ready_at = (change.queued > 0).then_some(now);
        q.bind(run).bind(host.0).bind(change.queued).bind(int(change.admitted)).bind(ready_at)
    };
    HOSTS.run(tx, books.take_hosts(), |q| q, bind_host).await?;
    cap_names(books, tx).await?;
    let bind_tally = |q: Query, ((kind, key), n): ((TallyKind, String), u64)| {
        q.bind(run).bind(of_tally_kind(kind)).bind(key).bind(int(n))
    };
    TALLIES.run(tx, books.take_tallies(), |q| q, bind_tally).await?;
    if books.end() {
        let query = sqlx::query("UPDATE runs SET state = ?, ended_at = ? WHERE run_id = ?");
        tx.execute(query.bind(of_run_state(books.state)).bind(now).bind(run)).await?;
    }
    Ok(books.state.is_over())
}

/// Binds the counters to a text that begins with `counts_update!()`.
pub(super) fn bind_counts(books: &Ledger, query: Query) -> Query {
    let query = books.numbers().into_iter().fold(query, |query, n| query.bind(n));
    query.bind(books.next_ord).bind(books.run.0)
}

/// Holds the names of rejected records to a number that a person can read.
async fn cap_names(books: &mut Ledger, tx: &mut Tx<'_>) -> Result<()> {
    let names = books.rejected_names();
    if names.is_empty() {
        return Ok(());
    }
    let run = books.run.0;
    let query = sqlx::query("SELECT count(*) FROM tallies WHERE run_id = ? AND kind = 4");
    let have = match tx.one(query.bind(run)).await? {
        Some(row) => count(&row, 0)?,
        None => 0,
    };
    if have + names.len() as u64 > REJECTED_NAMES {
        let rows =
            KNOWN_REJECTED.read(tx.connection(), names, |q| q.bind(run), |q, name| q.bind(name)).await?;
        let known: Vec<String> = rows.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
        books.fold_rejected(&known);
    }
    Ok(())
}

/// Counters from nine columns in a row, in the order of [`RunCounts`].
pub(super) fn counts(row: &SqliteRow, first: usize) -> Result<RunCounts> {
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
