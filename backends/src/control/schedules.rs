//! Jobs that run by the clock.

use super::engine::{Engine, Row, sql};
use super::jobs::{planned, schedule};
use super::{Books, corrupt, first, missing};
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::{JobId, RunId, TenantId};
use shared::ports::StoreError;
use shared::ports::store::NewRun;
use shared::ports::store::control::{DueJob, Fire, Fired, Firing, Schedules};
use shared::schedule::Planned;
use std::sync::Arc;

const RUN: i64 = 0;
const OVERLAPS: i64 = 1;
const EXHAUSTED: i64 = 2;
const MISSED: i64 = 3;

#[async_trait]
impl<E: Engine> Schedules for Books<E> {
    async fn due_jobs(&self, limit: u32) -> Result<(Timestamp, Vec<DueJob>), StoreError> {
        let now = self.0.now().await?;
        let query = sql("SELECT job_id, cron, timezone, jitter, missed, overlap, paused, next_due, next_at
             FROM jobs WHERE next_at <= $1 ORDER BY next_at LIMIT $2");
        let rows = self.0.read(query.int(now.0).int(i64::from(limit))).await?;
        let due = |row: &Row| {
            let of = || corrupt("a job that is due without a schedule");
            Ok(DueJob {
                job: JobId(row.int(0)?),
                schedule: schedule(row, 1)?.ok_or_else(of)?,
                planned: planned(row, 7)?.ok_or_else(of)?,
            })
        };
        Ok((now, rows.iter().map(due).collect::<Result<_, StoreError>>()?))
    }

    async fn fire(&self, fire: Fire) -> Result<Fired, StoreError> {
        let mut tx = self.0.begin().await?;
        let update = sql("UPDATE jobs SET next_due = $3, next_at = $4 WHERE job_id = $1 AND next_due = $2
             RETURNING tenant_id, overlap, job");
        let update = update
            .int(fire.job.0)
            .int(fire.due.0)
            .int(fire.next.map(|next| next.due.0))
            .int(fire.next.map(|next| next.at.0));
        let rows = tx.run(update).await?;
        let Some(row) = rows.first() else { return Ok(Fired::Gone) };
        let insert = sql("INSERT INTO firings (job_id, due, at, outcome) VALUES ($1, $2, $3, 3)
             ON CONFLICT DO NOTHING RETURNING job_id");
        let first_time = tx.run(insert.int(fire.job.0).int(fire.due.0).int(tx.now().0)).await?;
        let fired = if first_time.is_empty() {
            Fired::Gone
        } else if !fire.run {
            Fired::Missed
        } else {
            let tenant = TenantId(row.int(0)?);
            let open = sql("SELECT count(*) FROM runs WHERE job_id = $1 AND state < 3").int(fire.job.0);
            let open = first(&tx.run(open).await?, |row| row.int(0))?.unwrap_or(0);
            let quota = sql("SELECT concurrent_runs FROM tenants WHERE tenant_id = $1").int(tenant.0);
            let most = first(&tx.run(quota).await?, |row| row.number_or_null(0))?.flatten();
            let mut new = NewRun::of(Arc::new(row.json(2)?));
            (new.tenant, new.job_id, new.most_unfinished) = (tenant, Some(fire.job), most);
            if open > 0 && !row.flag(1)? {
                Fired::Overlaps
            } else {
                match tx.create_run(new).await {
                    Ok(run) => Fired::Run(run),
                    Err(StoreError::Exhausted(_)) => Fired::Exhausted,
                    Err(other) => return Err(other),
                }
            }
        };
        let (outcome, run) = match fired {
            Fired::Run(run) => (RUN, Some(run.0)),
            Fired::Overlaps => (OVERLAPS, None),
            Fired::Exhausted => (EXHAUSTED, None),
            Fired::Missed | Fired::Gone => (MISSED, None),
        };
        if fired != Fired::Gone {
            let note = sql("UPDATE firings SET outcome = $3, run_id = $4 WHERE job_id = $1 AND due = $2");
            tx.run(note.int(fire.job.0).int(fire.due.0).int(outcome).int(run)).await?;
        }
        tx.commit().await?;
        Ok(fired)
    }

    async fn pause_schedule(
        &self,
        tenant: TenantId,
        job: JobId,
        paused: bool,
        next: Option<Planned>,
    ) -> Result<(), StoreError> {
        let next = next.filter(|_| !paused);
        let mut tx = self.0.begin().await?;
        let update = sql("UPDATE jobs SET paused = $3, next_due = $4, next_at = $5, version = version + 1,
                    updated_at = $6
             WHERE tenant_id = $1 AND job_id = $2 AND cron IS NOT NULL RETURNING job_id");
        let update = update
            .int(tenant.0)
            .int(job.0)
            .int(i64::from(paused))
            .int(next.map(|next| next.due.0))
            .int(next.map(|next| next.at.0))
            .int(tx.now().0);
        if tx.run(update).await?.is_empty() {
            return Err(missing("schedule of job", job));
        }
        tx.commit().await
    }

    async fn firings(
        &self,
        tenant: TenantId,
        job: JobId,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        let query =
            sql("SELECT f.due, f.at, f.outcome, f.run_id FROM firings f JOIN jobs j ON j.job_id = f.job_id
             WHERE j.tenant_id = $1 AND f.job_id = $2 AND f.due < $3 ORDER BY f.due DESC LIMIT $4")
            .int(tenant.0)
            .int(job.0)
            .int(before.map_or(i64::MAX, |at| at.0))
            .int(i64::from(limit));
        let firing = |row: &Row| {
            let outcome = match (row.int(2)?, row.int_or_null(3)?) {
                (RUN, Some(run)) => Fired::Run(RunId(run)),
                (OVERLAPS, _) => Fired::Overlaps,
                (EXHAUSTED, _) => Fired::Exhausted,
                _ => Fired::Missed,
            };
            Ok(Firing { due: row.time(0)?, at: row.time(1)?, outcome })
        };
        self.0.read(query).await?.iter().map(firing).collect()
    }
}
