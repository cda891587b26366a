//! The one connection that writes, and its transactions.
//!
//! A statement's way to SQLite's thread and back costs more than most statements do. So the first one
//! of a transaction may bring its BEGIN along and the last one its COMMIT, as one text.

use super::error::Result;
use shared::clock::{Clock, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard};

/// A statement with its parameters.
pub(super) type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// What a transaction survives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasts {
    /// The loss of power: the disk has it when it is committed.
    PowerLoss,
    /// The death of this process. A loss of power may undo it, with all that came after it: for offers
    /// and grants, whose holders lose their power at the same moment.
    Process,
}

/// Hands out transactions, one at a time.
pub(super) struct Writer {
    line: Mutex<Line>,
}

struct Line {
    connection: SqliteConnection,
    /// A transaction was begun and not committed. Set before the work and cleared after it, so that
    /// what an error or a caller who went away leaves open is undone by the next one.
    open: bool,
    /// What SQLite is set to.
    lasts: Lasts,
}

/// A transaction; undone unless it is committed.
pub(super) struct Tx<'a> {
    line: MutexGuard<'a, Line>,
    /// The moment at which it began; one for the whole transaction.
    pub(super) now: Timestamp,
}

impl Writer {
    /// Over a connection that is set to survive the loss of power.
    pub(super) fn new(connection: SqliteConnection) -> Self {
        Writer { line: Mutex::new(Line { connection, open: false, lasts: Lasts::PowerLoss }) }
    }

    /// Closes the connection, if nobody else has it. What fails in that was committed before.
    pub(super) async fn close(self: Arc<Self>) {
        let Some(this) = Arc::into_inner(self) else { return };
        if let Err(error) = this.line.into_inner().connection.close().await {
            tracing::debug!(%error, "the database did not close in order");
        }
    }

    /// Waits for its turn, then begins.
    pub(super) async fn begin(&self, clock: &dyn Clock) -> Result<Tx<'_>> {
        let begin = |_| sqlx::query("BEGIN IMMEDIATE");
        Ok(self.begin_with(clock, Lasts::PowerLoss, begin).await?.0)
    }

    /// Waits for its turn, then begins with statements whose text begins with `BEGIN IMMEDIATE;`.
    /// Returns their rows.
    pub(super) async fn begin_with(
        &self,
        clock: &dyn Clock,
        lasts: Lasts,
        first: impl FnOnce(Timestamp) -> Query,
    ) -> Result<(Tx<'_>, Vec<SqliteRow>)> {
        let mut line = self.line.lock().await;
        if line.open {
            // Fails where SQLite has undone it already, as it does when the disk is full.
            let _ = sqlx::query("ROLLBACK").execute(&mut line.connection).await;
            line.open = false;
        }
        line.set(lasts).await?;
        line.open = true;
        let now = clock.now();
        let rows = first(now).fetch_all(&mut line.connection).await?;
        Ok((Tx { line, now }, rows))
    }
}

impl Line {
    async fn set(&mut self, lasts: Lasts) -> Result<()> {
        if self.lasts != lasts {
            // Prepared once and run often, a PRAGMA would act only once: it acts when it is prepared.
            let pragma = match lasts {
                Lasts::PowerLoss => "PRAGMA synchronous = FULL",
                Lasts::Process => "PRAGMA synchronous = NORMAL",
            };
            sqlx::raw_sql(pragma).execute(&mut self.connection).await?;
            self.lasts = lasts;
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Runs statements; the rows that they changed.
    pub(super) async fn execute(&mut self, query: Query) -> Result<u64> {
        Ok(query.execute(&mut self.line.connection).await?.rows_affected())
    }

    /// The first row, if any.
    pub(super) async fn one(&mut self, query: Query) -> Result<Option<SqliteRow>> {
        Ok(query.fetch_optional(&mut self.line.connection).await?)
    }

    /// All rows.
    pub(super) async fn all(&mut self, query: Query) -> Result<Vec<SqliteRow>> {
        Ok(query.fetch_all(&mut self.line.connection).await?)
    }

    /// The connection itself.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.line.connection
    }

    /// Makes it last.
    pub(super) async fn commit(self) -> Result<()> {
        self.commit_with(sqlx::query("COMMIT")).await.map(drop)
    }

    /// Makes it last with statements whose text contains `COMMIT`. Returns their rows.
    pub(super) async fn commit_with(mut self, last: Query) -> Result<Vec<SqliteRow>> {
        let rows = last.fetch_all(&mut self.line.connection).await?;
        self.line.open = false;
        Ok(rows)
    }
}
