//! The port [`Audit`].

use super::PostgresStore;
use super::codes::number;
use super::error::{Result as Outcome, again, corrupt};
use super::tx::{Begin, Tx};
use crate::store::audit::{EQUAL, NONE, not_none, unequal};
use async_trait::async_trait;
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::Audit;

#[async_trait]
impl Audit for PostgresStore {
    async fn audit(&self, run: RunId) -> Result<Vec<String>, StoreError> {
        Ok(again(|| audit(self, run)).await?)
    }
}

async fn audit(store: &PostgresStore, run: RunId) -> Outcome<Vec<String>> {
    let mut tx = store.begin_as(Begin::Snapshot).await?;
    let mut wrong = Vec::new();
    for (name, books, truth) in EQUAL {
        let (books, truth) = (value(&mut tx, books, run).await?, value(&mut tx, truth, run).await?);
        wrong.extend(unequal(name, run, books, truth));
    }
    for (name, statement) in NONE {
        wrong.extend(not_none(name, run, value(&mut tx, statement, run).await?));
    }
    tx.commit().await?;
    Ok(wrong)
}

async fn value(tx: &mut Tx, statement: &'static str, run: RunId) -> Outcome<i64> {
    let row = tx.one(sqlx::query(statement).bind(run.0)).await?;
    number(&row.ok_or_else(|| corrupt(format!("there is no run {run}")))?, 0)
}
