//! Postgres for the room that is written for either engine, [`crate::control`].

use super::codes::{get, number, text};
use super::error::again;
use super::tx::{self, Begin, Query, Time, Tx};
use super::{PostgresStore, create};
use crate::control::engine::{Cell, Engine, Row, Rows, Statement, Transaction, Value};
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::{Control, HasControl, NewRun};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{AssertSqlSafe, Column, Row as _, TypeInfo, ValueRef};
use std::sync::Arc;

/// The store's connections.
pub(super) struct PostgresEngine {
    pub(super) pool: PgPool,
    pub(super) time: Arc<Time>,
}

struct PostgresTransaction(Tx);

impl HasControl for PostgresStore {
    fn control(&self) -> &dyn Control {
        self.books.room()
    }
}

#[async_trait]
impl Engine for PostgresEngine {
    async fn read(&self, statement: Statement) -> Result<Rows, StoreError> {
        let rows = again(|| tx::all(&self.pool, bound(&statement))).await?;
        rows.iter().map(row).collect()
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        if let Time::Given(clock) = &*self.time {
            return Ok(clock.now());
        }
        let query = || sqlx::query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
        let row = again(|| tx::one(&self.pool, query())).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a query without an answer".into()))?;
        Ok(Timestamp(get(&row, 0)?))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let tx = again(|| Tx::begin(&self.pool, &self.time, Begin::Write)).await?;
        Ok(Box::new(PostgresTransaction(tx)))
    }

    fn skip_locked(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }
}

#[async_trait]
impl Transaction for PostgresTransaction {
    fn now(&self) -> Timestamp {
        self.0.now
    }

    async fn run(&mut self, statement: Statement) -> Result<Rows, StoreError> {
        self.0.all(bound(&statement)).await?.iter().map(row).collect()
    }

    async fn create_run(&mut self, new: NewRun) -> Result<RunId, StoreError> {
        Ok(create::within(&mut self.0, &new).await?)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

fn bound(statement: &Statement) -> Query {
    // The texts are all written in `crate::control`; what comes from outside is bound.
    let query = sqlx::query(AssertSqlSafe(statement.text.clone().into_owned()));
    statement.values.iter().cloned().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value.map(text)),
        Value::Blob(value) => query.bind(value),
    })
}

fn row(row: &PgRow) -> Result<Row, StoreError> {
    let cell = |place: usize| -> super::error::Result<Cell> {
        let raw = row.try_get_raw(place)?;
        if raw.is_null() {
            return Ok(Cell::Null);
        }
        let kind = raw.type_info();
        Ok(match kind.name() {
            "TEXT" => Cell::Text(get(row, place)?),
            "BYTEA" => Cell::Blob(get(row, place)?),
            "BOOL" => Cell::Int(i64::from(get::<bool>(row, place)?)),
            _ => Cell::Int(number(row, place)?),
        })
    };
    let cells = row.columns().iter().map(|column| cell(column.ordinal())).collect::<Result<_, _>>();
    Ok(Row(cells?))
}
