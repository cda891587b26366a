//! The store on SQLite: one file, one process, one writer.
//!
//! - [`SqliteStore::open`] takes the folder's lock, brings the schema to this version (`open`, `lock`).
//! - Everything that writes is a transaction of the one `writer`; what reads alone has connections of
//!   its own. WAL with `synchronous=FULL`: what is committed survives the loss of power.
//! - `admit` lets URLs in, `offer` (with `turn`) and `grant` lease them, `apply` (with `page`) closes
//!   them, `report` and `lease` end leases, `sweep` is the timer. Whatever changes a run's counters does
//!   so through its `ledger`.
//! - What is decided without a statement is in `crate::store`.
//! - `bulk` writes many rows in one statement, which is where the speed comes from.
//!
//! In the statements, `+?` stands where SQLite would else look at the parameter's value while it plans
//! (a LIMIT, a column that a partial index compares), and plan anew whenever it is bound.

mod admit;
mod apply;
mod audit;
mod bulk;
mod codes;
mod command;
mod create;
mod engine;
mod error;
mod frontier;
mod glance;
mod grant;
mod host;
mod jobs;
mod lease;
mod ledger;
mod lock;
mod offer;
mod open;
mod pace;
mod page;
mod reads;
mod report;
mod results;
mod runs;
mod sweep;
#[cfg(test)]
mod tests;
mod turn;
mod writer;

use crate::control::Books;
use shared::clock::Clock;
use shared::ports::StoreError;
use sqlx::sqlite::SqlitePool;
use std::path::Path;
use std::sync::Arc;

/// Brings the database file to this program's version, as opening it does. Returns the version before and
/// after.
///
/// # Errors
/// As for [`SqliteStore::open`].
pub async fn migrate(path: &Path) -> Result<(i64, i64), StoreError> {
    let before = open::version(path).await?;
    SqliteStore::open(path, Arc::new(shared::clock::SystemClock)).await?.close().await;
    Ok((before, open::version(path).await?))
}

/// A [`shared::ports::Store`] in one SQLite file. Closes when dropped; what was committed is safe
/// without that.
pub struct SqliteStore {
    writer: Arc<writer::Writer>,
    readers: SqlitePool,
    clock: Arc<dyn Clock>,
    jobs: crate::store::jobs::Jobs,
    books: Books<engine::SqliteEngine>,
    /// Last, so that it is let go after the connections.
    _lock: lock::FolderLock,
}

impl SqliteStore {
    /// Opens the database file at `path`, making it and its folder where there is none. Nobody else
    /// can open it until this store is dropped.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: another process has it open, it is of a newer version, it is no
    /// database of this program, or it cannot be written. [`StoreError::Corrupt`]: the file is damaged.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(|cause| {
            StoreError::Refused(format!("cannot make the data folder {}: {cause}", folder.display()))
        })?;
        let lock = lock::FolderLock::take(folder)?;
        let writer = Arc::new(writer::Writer::new(open::writer(path).await?));
        let readers = open::readers(path);
        let books = Books(engine::SqliteEngine {
            writer: writer.clone(),
            readers: readers.clone(),
            clock: clock.clone(),
        });
        Ok(SqliteStore { writer, readers, clock, jobs: Default::default(), books, _lock: lock })
    }

    /// Closes the database in order: waits for a transaction under way, copies the WAL into the file.
    pub async fn close(self) {
        self.readers.close().await;
        drop(self.books);
        self.writer.close().await;
    }

    async fn begin(&self) -> error::Result<writer::Tx<'_>> {
        self.writer.begin(&*self.clock).await
    }

    async fn begin_with(
        &self,
        lasts: writer::Lasts,
        first: impl FnOnce(shared::clock::Timestamp) -> writer::Query,
    ) -> error::Result<(writer::Tx<'_>, Vec<sqlx::sqlite::SqliteRow>)> {
        self.writer.begin_with(&*self.clock, lasts, first).await
    }
}
