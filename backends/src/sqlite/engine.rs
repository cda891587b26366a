//! SQLite for the room that is written for either engine, [`crate::control`].

use super::SqliteStore;
use super::error::Failure;
use super::{create, writer};
use crate::control::engine::{Cell, Engine, Row, Rows, Statement, Transaction, Value};
use async_trait::async_trait;
use shared::clock::{Clock, Timestamp};
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::{Control, HasControl, NewRun};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Column, Row as _, TypeInfo, ValueRef};
use std::sync::Arc;

/// The store's connections.
pub(super) struct SqliteEngine {
    pub(super) writer: Arc<writer::Writer>,
    pub(super) readers: SqlitePool,
    pub(super) clock: Arc<dyn Clock>,
}

struct SqliteTransaction<'a>(writer::Tx<'a>);

impl HasControl for SqliteStore {
    fn control(&self) -> &dyn Control {
        self.books.room()
    }
}

#[async_trait]
impl Engine for SqliteEngine {
    async fn read(&self, statement: Statement) -> Result<Rows, StoreError> {
        let rows = bound(statement).fetch_all(&self.readers).await.map_err(Failure::from)?;
        rows.iter().map(row).collect()
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(self.clock.now())
    }

    async fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        Ok(Box::new(SqliteTransaction(self.writer.begin(&*self.clock).await?)))
    }

    fn skip_locked(&self) -> &'static str {
        ""
    }
}

#[async_trait]
impl Transaction for SqliteTransaction<'_> {
    fn now(&self) -> Timestamp {
        self.0.now
    }

    async fn run(&mut self, statement: Statement) -> Result<Rows, StoreError> {
        self.0.all(bound(statement)).await?.iter().map(row).collect()
    }

    async fn create_run(&mut self, new: NewRun) -> Result<RunId, StoreError> {
        Ok(create::within(&mut self.0, &new).await?)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

fn bound(statement: Statement) -> writer::Query {
    // The texts are all written in `crate::control`; what comes from outside is bound.
    let query = sqlx::query(AssertSqlSafe(statement.text.into_owned()));
    statement.values.into_iter().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Blob(value) => query.bind(value),
    })
}

fn row(row: &SqliteRow) -> Result<Row, StoreError> {
    let cell = |place: usize| -> Result<Cell, sqlx::Error> {
        let raw = row.try_get_raw(place)?;
        if raw.is_null() {
            return Ok(Cell::Null);
        }
        let kind = raw.type_info();
        Ok(match kind.name() {
            "TEXT" => Cell::Text(row.try_get(place)?),
            "BLOB" => Cell::Blob(row.try_get(place)?),
            _ => Cell::Int(row.try_get(place)?),
        })
    };
    let cells = row.columns().iter().map(|column| cell(column.ordinal())).collect::<Result<_, _>>();
    Ok(Row(cells.map_err(Failure::from)?))
}
