//! The one connection that writes, and its transactions.

use super::error::Result;
use shared::clock::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

/// Hands out transactions, one at a time.
pub(super) struct Writer {
    line: Mutex<Line>,
}

struct Line {
    connection: SqliteConnection,
    /// A transaction was begun and not committed. Set before the work and cleared after it, so that
    /// what an error or a caller who went away leaves open is undone by the next one.
    open: bool,
}

/// A transaction; undone unless it is committed.
pub(super) struct Tx<'a> {
    line: MutexGuard<'a, Line>,
    /// The moment at which it began; one for the whole transaction.
    pub(super) now: Timestamp,
}

impl Writer {
    pub(super) fn new(connection: SqliteConnection) -> Self {
        Writer { line: Mutex::new(Line { connection, open: false }) }
    }

    /// Closes the connection. What fails in that was committed before.
    pub(super) async fn close(self) {
        if let Err(error) = self.line.into_inner().connection.close().await {
            tracing::debug!(%error, "the database did not close in order");
        }
    }

    /// Waits for its turn, then begins.
    pub(super) async fn begin(&self, clock: &dyn shared::clock::Clock) -> Result<Tx<'_>> {
        let mut line = self.line.lock().await;
        if line.open {
            // Fails where SQLite has undone it already, as it does when the disk is full.
            let _ = sqlx::query("ROLLBACK").execute(&mut line.connection).await;
        }
        line.open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut line.connection).await?;
        Ok(Tx { line, now: clock.now() })
    }
}

/// A statement with its parameters.
pub(super) type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

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
    pub(super) async fn commit(mut self) -> Result<()> {
        sqlx::query("COMMIT").execute(&mut self.line.connection).await?;
        self.line.open = false;
        Ok(())
    }
}
