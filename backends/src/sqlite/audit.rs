//! The port [`Audit`].

use super::SqliteStore;
use super::codes::get;
use super::error::{Result as Outcome, corrupt};
use crate::store::audit::{EQUAL, NONE, not_none, unequal};
use async_trait::async_trait;
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::Audit;

#[async_trait]
impl Audit for SqliteStore {
    async fn audit(&self, run: RunId) -> Result<Vec<String>, StoreError> {
        Ok(audit(self, run).await?)
    }
}

async fn audit(store: &SqliteStore, run: RunId) -> Outcome<Vec<String>> {
    // The writer's own connection, so that all is of one moment.
    let mut tx = store.begin().await?;
    let mut wrong = Vec::new();
    for (name, books, truth) in EQUAL {
        let (books, truth) = (number(&mut tx, books, run).await?, number(&mut tx, truth, run).await?);
        wrong.extend(unequal(name, run, books, truth));
    }
    for (name, statement) in NONE {
        wrong.extend(not_none(name, run, number(&mut tx, statement, run).await?));
    }
    tx.commit().await?;
    Ok(wrong)
}

async fn number(tx: &mut super::writer::Tx<'_>, statement: &'static str, run: RunId) -> Outcome<i64> {
    let row = tx.one(sqlx::query(statement).bind(run.0)).await?;
    get(&row.ok_or_else(|| corrupt(format!("there is no run {run}")))?, 0)
}
