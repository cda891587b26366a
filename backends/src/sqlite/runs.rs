//! The port [`Runs`].

use super::codes::{count, get};
use super::error::Result as Outcome;
use super::ledger::counts;
use super::{SqliteStore, command, create};
use crate::store::codes::{run_state, tally_kind};
use crate::store::no_such;
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::{JobId, RunId, TenantId};
use shared::ports::StoreError;
use shared::ports::store::{Command, NewRun, RunInfo, RunSelection, RunState, RunSummary, Runs, Tally};
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

    async fn runs(&self, selection: RunSelection) -> Result<Vec<RunSummary>, StoreError> {
        Ok(runs(self, selection).await?)
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

/// The columns of [`of_row`].
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

async fn summary(store: &SqliteStore, run: RunId) -> Outcome<RunSummary> {
    let query = sqlx::query(summaries!("r.run_id = ?"));
    let row = query.bind(run.0).fetch_optional(&store.readers).await?;
    of_row(&row.ok_or_else(|| no_such(run))?)
}

async fn runs(store: &SqliteStore, selection: RunSelection) -> Outcome<Vec<RunSummary>> {
    // Texts of their own, so that each can use an index.
    let text = match (selection.job_id, selection.tenant, selection.unfinished) {
        (Some(_), _, _) => summaries!(
            "r.run_id < ?1 AND r.job_id = ?3 AND (r.tenant_id = ?2 OR ?2 IS NULL) AND (r.state < 3 OR NOT ?4)
             ORDER BY r.run_id DESC LIMIT +?5"
        ),
        (None, _, true) => summaries!(
            "r.run_id < ?1 AND r.state < 3 AND (r.tenant_id = ?2 OR ?2 IS NULL) ORDER BY r.run_id DESC LIMIT +?5"
        ),
        (None, Some(_), false) => {
            summaries!("r.run_id < ?1 AND r.tenant_id = ?2 ORDER BY r.run_id DESC LIMIT +?5")
        }
        (None, None, false) => summaries!("r.run_id < ?1 ORDER BY r.run_id DESC LIMIT +?5"),
    };
    let query = sqlx::query(text)
        .bind(selection.before.map_or(i64::MAX, |run| run.0))
        .bind(selection.tenant.map(|tenant| tenant.0))
        .bind(selection.job_id.map(|job| job.0))
        .bind(selection.unfinished)
        .bind(i64::from(selection.limit));
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
        tenant: TenantId(get(row, 16)?),
        job_id: get::<Option<i64>>(row, 17)?.map(JobId),
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
