//! The port [`Runs`].

use super::codes::{count, get};
use super::error::Result as Outcome;
use super::ledger::counts;
use super::{SqliteStore, command, create};
use crate::store::codes::{run_state, tally_kind};
use crate::store::no_such;
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::{Command, NewRun, RunInfo, RunState, RunSummary, Runs, Tally};
use sqlx::sqlite::SqliteRow;

#[async_trait]
impl Runs for SqliteStore {
    async fn create_run(&self, new: NewRun) -> Result<RunId, StoreError> {
        Ok(create::create(self, new).await?)
    }

    async fn run(&self, run: RunId) -> Result<RunInfo, StoreError> {
        let summary = summary(self, run).await?;
        Ok(RunInfo { summary, job: self.job(run).await? })
    }

    async fn runs(
        &self,
        before: Option<RunId>,
        unfinished: bool,
        limit: u32,
    ) -> Result<Vec<RunSummary>, StoreError> {
        Ok(runs(self, before, unfinished, limit).await?)
    }

    async fn summary(&self, run: RunId) -> Result<RunSummary, StoreError> {
        Ok(summary(self, run).await?)
    }

    async fn tallies(&self, run: RunId) -> Result<Vec<Tally>, StoreError> {
        Ok(tallies(self, run).await?)
    }

    async fn command(&self, run: RunId, command: Command) -> Result<RunState, StoreError> {
        Ok(command::command(self, run, command).await?)
    }
}

async fn summary(store: &SqliteStore, run: RunId) -> Outcome<RunSummary> {
    let query = sqlx::query(
        "SELECT r.run_id, r.name, r.fingerprint, r.state, r.urgent, r.created_at, r.ended_at,
                c.admitted, c.closed, c.pages, c.failed, c.redirected, c.cut, c.bytes, c.records, c.rejected
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id WHERE r.run_id = ?",
    );
    let row = query.bind(run.0).fetch_optional(&store.readers).await?;
    of_row(&row.ok_or_else(|| no_such(run))?)
}

async fn runs(
    store: &SqliteStore,
    before: Option<RunId>,
    unfinished: bool,
    limit: u32,
) -> Outcome<Vec<RunSummary>> {
    let all = "SELECT r.run_id, r.name, r.fingerprint, r.state, r.urgent, r.created_at, r.ended_at,
                c.admitted, c.closed, c.pages, c.failed, c.redirected, c.cut, c.bytes, c.records, c.rejected
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id WHERE r.run_id < ?
         ORDER BY r.run_id DESC LIMIT +?";
    let open = "SELECT r.run_id, r.name, r.fingerprint, r.state, r.urgent, r.created_at, r.ended_at,
                c.admitted, c.closed, c.pages, c.failed, c.redirected, c.cut, c.bytes, c.records, c.rejected
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id WHERE r.run_id < ? AND r.state < 3
         ORDER BY r.run_id DESC LIMIT +?";
    let query = sqlx::query(if unfinished { open } else { all });
    let query = query.bind(before.map_or(i64::MAX, |run| run.0)).bind(i64::from(limit));
    query.fetch_all(&store.readers).await?.iter().map(of_row).collect()
}

fn of_row(row: &SqliteRow) -> Outcome<RunSummary> {
    Ok(RunSummary {
        run: RunId(get(row, 0)?),
        name: get(row, 1)?,
        fingerprint: get(row, 2)?,
        state: run_state(get(row, 3)?)?,
        urgent: get(row, 4)?,
        created_at: Timestamp(get(row, 5)?),
        ended_at: get::<Option<i64>>(row, 6)?.map(Timestamp),
        counts: counts(row, 7)?,
    })
}

async fn tallies(store: &SqliteStore, run: RunId) -> Outcome<Vec<Tally>> {
    let query = sqlx::query("SELECT kind, key, n FROM tallies WHERE run_id = ? ORDER BY kind, key");
    let rows = query.bind(run.0).fetch_all(&store.readers).await?;
    let tally = |row: &SqliteRow| {
        Ok(Tally { kind: tally_kind(get(row, 0)?)?, key: get(row, 1)?, count: count(row, 2)? })
    };
    rows.iter().map(tally).collect()
}
