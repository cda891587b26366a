//! A run's books within one transaction: what changes is noted here and written once, at the end.

use super::bulk::Bulk;
use super::codes::{count, get, int, of_run_state, of_tally_kind, run_state};
use super::error::{Failure, Result};
use super::writer::{Query, Tx};
use shared::ids::{HostId, RunId};
use shared::outcome::Reason;
use shared::ports::StoreError;
use shared::ports::store::{RunCounts, RunState, TallyKind};
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

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

/// The run's counters and what is to be written about it.
pub(super) struct Ledger {
    pub(super) run: RunId,
    pub(super) state: RunState,
    pub(super) counts: RunCounts,
    /// URLs admitted, without what the program itself admits.
    pub(super) urls: u64,
    /// The next place in the order of admission.
    pub(super) next_ord: i64,
    hosts: BTreeMap<HostId, HostChange>,
    tallies: BTreeMap<(TallyKind, String), u64>,
}

#[derive(Default)]
struct HostChange {
    queued: i64,
    admitted: u64,
}

/// Names under which rejected records of one run are counted; more go under `other`.
const REJECTED_NAMES: i64 = 1000;
/// Characters of such a name.
const NAME_LENGTH: usize = 100;

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

impl Ledger {
    /// Opens the books of a run.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]: no such run.
    pub(super) async fn open(tx: &mut Tx<'_>, run: RunId) -> Result<Self> {
        let row = tx.one(sqlx::query(Self::READ).bind(run.0)).await?;
        Self::of_row(run, &row.ok_or_else(|| no_such(run))?)
    }

    /// The statement whose row [`Ledger::of_row`] takes; its parameter is the run.
    pub(super) const READ: &str = books!();

    /// From the row of [`Ledger::READ`].
    pub(super) fn of_row(run: RunId, row: &SqliteRow) -> Result<Self> {
        Ok(Ledger {
            run,
            state: run_state(get(row, 0)?)?,
            counts: counts(row, 1)?,
            urls: count(row, 10)?,
            next_ord: get(row, 11)?,
            hosts: BTreeMap::new(),
            tallies: BTreeMap::new(),
        })
    }

    pub(super) fn tally(&mut self, kind: TallyKind, key: impl std::fmt::Display, n: u64) {
        if n > 0 {
            *self.tallies.entry((kind, key.to_string())).or_default() += n;
        }
    }

    /// A record was kept apart.
    pub(super) fn rejected(&mut self, why: &str) {
        self.counts.rejected += 1;
        let key = why.chars().take(NAME_LENGTH).collect();
        *self.tallies.entry((TallyKind::Rejected, key)).or_default() += 1;
    }

    /// URLs were closed without a request.
    pub(super) fn cut(&mut self, reason: Reason, n: u64) {
        self.counts.cut += n;
        self.tally(TallyKind::Cut, reason, n);
    }

    /// The number of rows of a host that wait has changed.
    pub(super) fn queued(&mut self, host: HostId, by: i64) {
        self.hosts.entry(host).or_default().queued += by;
    }

    /// A URL of a host was admitted.
    pub(super) fn admitted(&mut self, host: HostId) {
        self.hosts.entry(host).or_default().admitted += 1;
    }

    /// URLs of a host admitted in this transaction; None: nothing is noted about it.
    pub(super) fn admitted_now(&self, host: HostId) -> Option<u64> {
        self.hosts.get(&host).map(|change| change.admitted)
    }

    /// Writes the books. Ends the run if nothing is open any more; returns whether it is over.
    pub(super) async fn close(mut self, tx: &mut Tx<'_>) -> Result<bool> {
        let is_over = self.write(tx).await?;
        tx.execute(self.bind_counts(sqlx::query(counts_update!()))).await?;
        Ok(is_over)
    }

    /// As [`Ledger::close`], and ends the transaction with it.
    pub(super) async fn commit(mut self, mut tx: Tx<'_>) -> Result<bool> {
        let is_over = self.write(&mut tx).await?;
        let last = sqlx::query(concat!(counts_update!(), "; COMMIT"));
        tx.commit_with(self.bind_counts(last)).await?;
        Ok(is_over)
    }

    /// Writes all but the counters themselves.
    pub(super) async fn write(&mut self, tx: &mut Tx<'_>) -> Result<bool> {
        let (run, now) = (self.run.0, tx.now.0);
        let bind_host = |q: Query, (host, change): (HostId, HostChange)| {
            let ready_at = (change.queued > 0).then_some(now);
            q.bind(run).bind(host.0).bind(change.queued).bind(int(change.admitted)).bind(ready_at)
        };
        HOSTS.run(tx, std::mem::take(&mut self.hosts), |q| q, bind_host).await?;
        self.cap_names(tx).await?;
        let bind_tally = |q: Query, ((kind, key), n): ((TallyKind, String), u64)| {
            q.bind(run).bind(of_tally_kind(kind)).bind(key).bind(int(n))
        };
        TALLIES.run(tx, std::mem::take(&mut self.tallies), |q| q, bind_tally).await?;
        if !self.state.is_over() && self.counts.admitted == self.counts.closed {
            self.state = RunState::Done;
            let query = sqlx::query("UPDATE runs SET state = ?, ended_at = ? WHERE run_id = ?");
            tx.execute(query.bind(of_run_state(self.state)).bind(now).bind(run)).await?;
        }
        Ok(self.state.is_over())
    }

    /// Binds the counters to a text that begins with `counts_update!()`.
    pub(super) fn bind_counts(&self, query: Query) -> Query {
        let c = &self.counts;
        let numbers = [
            c.admitted,
            c.closed,
            c.pages,
            c.failed,
            c.redirected,
            c.cut,
            c.bytes,
            c.records,
            c.rejected,
            self.urls,
        ];
        let query = numbers.into_iter().fold(query, |q, n| q.bind(int(n)));
        query.bind(self.next_ord).bind(self.run.0)
    }

    /// Holds the names of rejected records to a number that a person can read.
    async fn cap_names(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let names: Vec<String> = self
            .tallies
            .keys()
            .filter(|(kind, _)| *kind == TallyKind::Rejected)
            .map(|(_, name)| name.clone())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let query = sqlx::query("SELECT count(*) FROM tallies WHERE run_id = ? AND kind = 4");
        let have: i64 = match tx.one(query.bind(self.run.0)).await? {
            Some(row) => get(&row, 0)?,
            None => 0,
        };
        if have + int(names.len() as u64) <= REJECTED_NAMES {
            return Ok(());
        }
        let run = self.run.0;
        let rows = KNOWN_REJECTED
            .read(tx.connection(), names.clone(), |q| q.bind(run), |q, name| q.bind(name))
            .await?;
        let known: Vec<String> = rows.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
        for name in names.into_iter().filter(|name| !known.contains(name)) {
            let n = self.tallies.remove(&(TallyKind::Rejected, name)).unwrap_or_default();
            self.tally(TallyKind::Rejected, "other", n);
        }
        Ok(())
    }
}

/// There is no such run.
pub(super) fn no_such(run: RunId) -> Failure {
    StoreError::NotFound(format!("run {run}")).into()
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
