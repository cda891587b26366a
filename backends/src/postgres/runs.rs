//! The port [`Runs`].

use super::codes::{count, get, number, optional};
use super::error::{Result as Outcome, again};
use super::ledger::counts;
use super::{PostgresStore, command, create};
use crate::store::codes::{run_state, tally_kind};
use crate::store::no_such;
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::{JobId, RunId, TenantId};
use shared::ports::StoreError;
use shared::ports::store::{Command, NewRun, RunInfo, RunSelection, RunState, RunSummary, Runs, Tally};
use sqlx::postgres::PgRow;

#[async_trait]
impl Runs for PostgresStore {
    async fn create_run(&self, new: NewRun) -> Result<RunId, StoreError> {
        Ok(again(|| create::create(self, &new)).await?)
    }

    async fn run(&self, run: RunId) -> Result<RunInfo, StoreError> {
        let summary = again(|| summary(self, run)).await?;
        Ok(RunInfo { summary, job: again(|| self.job(run)).await? })
    }

    async fn runs(&self, selection: RunSelection) -> Result<Vec<RunSummary>, StoreError> {
        Ok(again(|| runs(self, selection)).await?)
    }

    async fn summary(&self, run: RunId) -> Result<RunSummary, StoreError> {
        Ok(again(|| summary(self, run)).await?)
    }

    async fn tallies(&self, run: RunId) -> Result<Vec<Tally>, StoreError> {
        Ok(again(|| tallies(self, run)).await?)
    }

    async fn command(&self, run: RunId, command: Command) -> Result<RunState, StoreError> {
        Ok(command::command(self, run, command).await?)
    }
}

/// Reads runs with their counters.
macro_rules! summaries {
    ($which:literal) => {
        concat!(
            "SELECT r.run_id, r.name, r.fingerprint, r.state, r.urgent, r.created_at, r.ended_at,
                    c.admitted, c.closed, c.pages, c.failed, c.redirected, c.cut, c.bytes, c.records, c.rejected,
                    r.tenant_id, r.job_id
             FROM runs r JOIN run_counts c ON c.run_id = r.run_id WHERE ",
            $which
        )
    };
}

async fn summary(store: &PostgresStore, run: RunId) -> Outcome<RunSummary> {
    let row = store.one(sqlx::query(summaries!("r.run_id = $1")).bind(run.0)).await?;
    of_row(&row.ok_or_else(|| no_such(run))?)
}

async fn runs(store: &PostgresStore, selection: RunSelection) -> Outcome<Vec<RunSummary>> {
    let query = sqlx::query(summaries!(
        "r.run_id < $1 AND ($2::bigint IS NULL OR r.tenant_id = $2) AND ($3::bigint IS NULL OR r.job_id = $3)
         AND (r.state < 3 OR NOT $4) ORDER BY r.run_id DESC LIMIT $5"
    ));
    let query = query
        .bind(selection.before.map_or(i64::MAX, |run| run.0))
        .bind(selection.tenant.map(|tenant| tenant.0))
        .bind(selection.job_id.map(|job| job.0))
        .bind(selection.unfinished)
        .bind(i64::from(selection.limit));
    store.all(query).await?.iter().map(of_row).collect()
}

fn of_row(row: &PgRow) -> Outcome<RunSummary> {
    Ok(RunSummary {
        run: RunId(get(row, 0)?),
        name: get(row, 1)?,
        fingerprint: get(row, 2)?,
        state: run_state(number(row, 3)?)?,
        urgent: number(row, 4)? != 0,
        created_at: Timestamp(get(row, 5)?),
        ended_at: optional(row, 6)?.map(Timestamp),
        counts: counts(row, 7)?,
        tenant: TenantId(get(row, 16)?),
        job_id: optional(row, 17)?.map(JobId),
    })
}

async fn tallies(store: &PostgresStore, run: RunId) -> Outcome<Vec<Tally>> {
    let query =
        sqlx::query("SELECT kind, key, n FROM tallies WHERE run_id = $1 ORDER BY kind, key COLLATE \"C\"");
    let tally = |row: &PgRow| {
        Ok(Tally { kind: tally_kind(number(row, 0)?)?, key: get(row, 1)?, count: count(row, 2)? })
    };
    store.all(query.bind(run.0)).await?.iter().map(tally).collect()
}
