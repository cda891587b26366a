//! The room [`shared::ports::store::Control`], written once for SQLite and for Postgres.
//!
//! Its tables have little traffic, so what counts is that there is one text to read: statements that
//! both engines understand (`$1`, 64-bit numbers, text, bytes), over the [`engine`] of either.

mod compare;
pub(crate) mod engine;
mod exports;
mod hosts;
mod idempotency;
mod jobs;
mod outbox;
mod poison;
mod reparse;
mod schedules;
mod series;
mod tenants;
mod throughput;
mod webhooks;

use engine::{Engine, Rows};
use shared::ports::StoreError;
use shared::ports::store::Control;

/// The room over an engine.
pub(crate) struct Books<E>(pub(crate) E);

impl<E: Engine> Books<E> {
    /// Itself, as its callers know it.
    pub(crate) fn room(&self) -> &dyn Control {
        self
    }
}

fn missing(what: &str, id: impl std::fmt::Display) -> StoreError {
    StoreError::NotFound(format!("{what} {id}"))
}

fn corrupt(what: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(what.to_string())
}

/// As both engines keep it.
fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A duration in whole milliseconds.
fn ms(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The first row, read; None: there is none.
fn first<T>(
    rows: &Rows,
    read: impl Fn(&engine::Row) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    rows.first().map(read).transpose()
}
