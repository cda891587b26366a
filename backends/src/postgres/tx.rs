//! Connections and transactions, each wait with a deadline.

use super::error::{Failure, Result};
use super::metrics;
use shared::clock::{Clock, Timestamp};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgPool, PgRow, Postgres};
use sqlx::{AssertSqlSafe, Executor};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A statement with its parameters.
pub(super) type Query = sqlx::query::Query<'static, Postgres, PgArguments>;

/// The longest wait for an answer. Longer than the server's own deadline for a statement, so that this
/// one acts only where the server cannot be reached.
const PATIENCE: Duration = Duration::from_secs(35);
/// The longest wait for the end of a transaction that failed.
const ROLLBACK: Duration = Duration::from_secs(2);

/// Where the time comes from.
pub(super) enum Time {
    /// The server's clock: the same for all that share the database.
    Server,
    /// A clock that a test turns.
    Given(Arc<dyn Clock>),
}

/// The time in milliseconds as the server has it, or as parameter 1 says.
macro_rules! now {
    () => {
        "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000)::bigint)"
    };
}
pub(super) use now;

/// How a transaction begins.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    /// To write.
    Write,
    /// To read all of one moment.
    Snapshot,
    /// To write, if this is the only one that takes the lock of this number; [`Tx::is_only_one`].
    Alone(i64),
}

/// A connection that goes back to the pool only when nothing is under way on it.
struct Line {
    connection: Option<PoolConnection<Postgres>>,
    /// A statement is under way, or the connection is of no use any more.
    spoilt: bool,
}

/// A transaction; undone unless it is committed.
pub(super) struct Tx {
    line: Line,
    /// Begun, and neither committed nor undone.
    open: bool,
    begun: Instant,
    /// The moment at which it began; one for the whole transaction.
    pub(super) now: Timestamp,
    /// Whether the lock of [`Begin::Alone`] was had.
    pub(super) is_only_one: bool,
}

impl Line {
    async fn take(pool: &PgPool) -> Result<Self> {
        let begun = Instant::now();
        let connection = Some(pool.acquire().await?);
        metrics::WAIT.took(&[], begun.elapsed());
        metrics::used(pool);
        Ok(Line { connection, spoilt: false })
    }

    /// Runs something on the connection, in time. Whoever drops this on the way spoils the connection.
    async fn run<'a, T, F>(
        &'a mut self,
        work: impl FnOnce(&'a mut PoolConnection<Postgres>) -> F,
    ) -> Result<T>
    where
        F: Future<Output = sqlx::Result<T>> + 'a,
    {
        let Line { connection, spoilt } = self;
        let Some(connection) = connection else { return Err(Failure::late()) };
        *spoilt = true;
        let answer = match tokio::time::timeout(PATIENCE, work(connection)).await {
            Ok(answer) => answer.map_err(Failure::from),
            Err(_) => return Err(Failure::late()),
        };
        *spoilt = answer.as_ref().is_err_and(|failure| failure.is_lost);
        answer
    }

    async fn all(&mut self, query: Query) -> Result<Vec<PgRow>> {
        self.run(|connection| query.fetch_all(&mut **connection)).await
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| self.spoilt) {
            // Closes the socket; the server undoes what was begun.
            drop(connection.detach());
        }
    }
}

/// Runs one statement by itself; all its rows.
pub(super) async fn all(pool: &PgPool, query: Query) -> Result<Vec<PgRow>> {
    Line::take(pool).await?.all(query).await
}

/// Runs one statement by itself; its first row.
pub(super) async fn one(pool: &PgPool, query: Query) -> Result<Option<PgRow>> {
    Ok(all(pool, query).await?.into_iter().next())
}

impl Tx {
    /// Begins, and reads the time on the same way.
    pub(super) async fn begin(pool: &PgPool, time: &Time, how: Begin) -> Result<Self> {
        let (mode, alone) = match how {
            Begin::Write => ("READ COMMITTED", None),
            Begin::Snapshot => ("REPEATABLE READ READ ONLY", None),
            Begin::Alone(lock) => ("READ COMMITTED", Some(lock)),
        };
        let lock = match alone {
            Some(lock) => format!("pg_try_advisory_xact_lock({lock})"),
            None => "true".to_owned(),
        };
        let text = format!(
            "BEGIN ISOLATION LEVEL {mode};
             SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, {lock}"
        );
        let mut line = Line::take(pool).await?;
        let begun = Instant::now();
        let text = sqlx::raw_sql(AssertSqlSafe(text));
        let row = line.run(|connection| connection.fetch_one(text)).await?;
        let now = match time {
            Time::Server => Timestamp(super::codes::get(&row, 0)?),
            Time::Given(clock) => clock.now(),
        };
        Ok(Tx { line, open: true, begun, now, is_only_one: super::codes::get(&row, 1)? })
    }

    /// Runs a statement; the rows that it changed.
    pub(super) async fn execute(&mut self, query: Query) -> Result<u64> {
        Ok(self.line.run(|connection| query.execute(&mut **connection)).await?.rows_affected())
    }

    /// The first row, if any.
    pub(super) async fn one(&mut self, query: Query) -> Result<Option<PgRow>> {
        Ok(self.all(query).await?.into_iter().next())
    }

    /// All rows.
    pub(super) async fn all(&mut self, query: Query) -> Result<Vec<PgRow>> {
        self.line.all(query).await
    }

    /// Makes it last. Where the answer is lost, nobody knows whether it does.
    pub(super) async fn commit(mut self) -> Result<()> {
        let commit = self.line.run(|connection| connection.execute("COMMIT")).await;
        self.ended(if commit.is_ok() { "committed" } else { "failed" });
        commit.map(drop).map_err(Failure::in_doubt)
    }

    /// Undoes it.
    pub(super) async fn undo(mut self) -> Result<()> {
        self.ended("undone");
        self.line.run(|connection| connection.execute("ROLLBACK")).await.map(drop)
    }
}

impl Tx {
    fn ended(&mut self, how: &'static str) {
        self.open = false;
        metrics::TRANSACTION.took(&[how], self.begun.elapsed());
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        self.ended("failed");
        if self.line.spoilt {
            return;
        }
        let mut line = Line { connection: self.line.connection.take(), spoilt: true };
        // Without a runtime the connection is closed, which undoes it too.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // What does not end in time spoils the connection, which undoes it too.
                let undo = line.run(|connection| connection.execute("ROLLBACK"));
                let _ = tokio::time::timeout(ROLLBACK, undo).await;
            });
        }
    }
}
