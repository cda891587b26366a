//! The store on Postgres, 15 or later: any number of dispatchers, parsers and readers at once.
//!
//! The files are those of [`crate::sqlite`], and what is decided without a statement is in
//! `crate::store`. What differs:
//! - **Batches.** Many rows travel as arrays, `unnest` makes rows of them; no statement is for one page.
//! - **One writer a run.** Whoever admits, closes or puts back locks the run's row of `run_counts` first
//!   (`ledger`). Limits, `seq` and `ord` are exact under it.
//! - **Order of locks**: `run_counts`, then what is the run's alone (`queue`, `seen`, `segments`, `pages`,
//!   `tallies` ...), `hosts`, `down`, `run_hosts`, `leases`, each in order of keys. A lease that is offered or granted
//!   is made and ended only under its host's row. Who makes leases (`offer`) comes from the other side, and
//!   so waits for nobody: it skips what is locked.
//! - **Time** is the server's, read with BEGIN (`tx`). Services need no clocks that agree.
//! - **Conflicts** (40001, 40P01) and connections that are lost before COMMIT run again (`error`). Where the
//!   answer to COMMIT is lost the caller is told `Unavailable`, and may repeat: everything here is such
//!   that a repetition changes nothing.

mod admit;
mod apply;
mod audit;
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
mod metrics;
mod migrate;
mod offer;
mod open;
mod pace;
mod page;
mod reads;
mod report;
mod results;
mod runs;
mod sweep;
mod turn;
mod tx;

pub use metrics::METRICS;
pub use migrate::migrate;
pub use open::Options;

use crate::control::Books;
use shared::clock::Clock;
use shared::ports::StoreError;
use sqlx::postgres::{PgPool, PgRow};
use std::sync::Arc;
use tx::{Begin, Query, Time, Tx};

/// A [`shared::ports::Store`] in a Postgres database.
pub struct PostgresStore {
    pool: PgPool,
    time: Arc<Time>,
    jobs: crate::store::jobs::Jobs,
    books: Books<engine::PostgresEngine>,
}

impl PostgresStore {
    /// Connects to `postgres://USER:PASS@HOST:PORT/DATABASE?sslmode=...`, and looks at the schema's version.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: no server answers. [`StoreError::Refused`]: it answers, and a person must act: the
    /// password, the database, or a schema that is older than this program (`harvestman migrate`).
    pub async fn connect(url: &str, options: Options) -> Result<Self, StoreError> {
        Self::open(url, options, Time::Server).await
    }

    /// As [`PostgresStore::connect`], with a clock in place of the server's. For tests, whose clock is turned by hand.
    ///
    /// # Errors
    /// As there.
    pub async fn connect_with(
        url: &str,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        Self::open(url, options, Time::Given(clock)).await
    }

    /// Whether an error says that the schema is older than this program, so that waiting for `harvestman
    /// migrate` is of use.
    pub fn is_older(error: &StoreError) -> bool {
        migrate::is_older(error)
    }

    async fn open(url: &str, options: Options, time: Time) -> Result<Self, StoreError> {
        let pool = open::pool(url, options)?;
        migrate::check(&pool).await?;
        let time = Arc::new(time);
        let books = Books(engine::PostgresEngine { pool: pool.clone(), time: time.clone() });
        Ok(PostgresStore { pool, time, jobs: Default::default(), books })
    }

    /// Closes the connections, each when it is not in use any more.
    pub async fn close(self) {
        self.pool.close().await;
    }

    async fn begin(&self) -> error::Result<Tx> {
        Tx::begin(&self.pool, &self.time, Begin::Write).await
    }

    async fn begin_as(&self, how: Begin) -> error::Result<Tx> {
        Tx::begin(&self.pool, &self.time, how).await
    }

    /// Runs one statement by itself; all its rows.
    async fn all(&self, query: Query) -> error::Result<Vec<PgRow>> {
        tx::all(&self.pool, query).await
    }

    /// Runs one statement by itself; its first row.
    async fn one(&self, query: Query) -> error::Result<Option<PgRow>> {
        tx::one(&self.pool, query).await
    }

    /// The time, if it is not the server's: parameter 1 of `now!()`.
    fn given_time(&self) -> Option<i64> {
        match &*self.time {
            Time::Server => None,
            Time::Given(clock) => Some(clock.now().0),
        }
    }
}
