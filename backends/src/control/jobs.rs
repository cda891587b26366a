//! Job definitions.

use super::engine::{Engine, Row, Statement, sql};
use super::{Books, corrupt, first, int, missing};
use async_trait::async_trait;
use shared::ids::{JobId, RunId, TenantId};
use shared::ports::StoreError;
use shared::ports::store::control::{JobInfo, JobSummary, Jobs, NewJob, Replaced};
use shared::schedule::{Missed, Planned, Schedule};
use std::sync::Arc;

/// The columns of [`summary`]; `job` comes after them where it is asked for.
macro_rules! job {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT j.job_id, j.tenant_id, j.version, j.name, j.created_at, j.updated_at,
                    j.cron, j.timezone, j.jitter, j.missed, j.overlap, j.paused, j.next_due, j.next_at,
                    (SELECT max(r.run_id) FROM runs r WHERE r.job_id = j.job_id)",
            $more,
            " FROM jobs j ",
            $rest
        )
    };
}

fn summary(row: &Row) -> Result<JobSummary, StoreError> {
    Ok(JobSummary {
        id: JobId(row.int(0)?),
        tenant: TenantId(row.int(1)?),
        version: row.number(2)?,
        name: row.text_or_null(3)?,
        created_at: row.time(4)?,
        updated_at: row.time(5)?,
        schedule: schedule(row, 6)?,
        next: planned(row, 12)?,
        last_run: row.int_or_null(14)?.map(RunId),
    })
}

/// Six columns from `at` on.
pub(super) fn schedule(row: &Row, at: usize) -> Result<Option<Schedule>, StoreError> {
    let Some(cron) = row.text_or_null(at)? else { return Ok(None) };
    Ok(Some(Schedule {
        cron,
        timezone: row.text(at + 1)?,
        jitter_seconds: row.number(at + 2)?,
        missed: if row.flag(at + 3)? { Missed::Skip } else { Missed::RunOnce },
        overlap: row.flag(at + 4)?,
        paused: row.flag(at + 5)?,
    }))
}

/// Two columns from `at` on.
pub(super) fn planned(row: &Row, at: usize) -> Result<Option<Planned>, StoreError> {
    Ok(row.time_or_null(at)?.zip(row.time_or_null(at + 1)?).map(|(due, at)| Planned { due, at }))
}

fn info(row: &Row) -> Result<JobInfo, StoreError> {
    Ok(JobInfo { summary: summary(row)?, job: Arc::new(row.json(15)?) })
}

/// Binds a definition: document, name and the eight columns of its schedule.
fn bind(statement: Statement, new: &NewJob) -> Result<Statement, StoreError> {
    let document = serde_json::to_string(&new.job).map_err(corrupt)?;
    let schedule = new.schedule.as_ref().map(|(schedule, _)| schedule);
    // What is paused is not due.
    let next = new.schedule.as_ref().filter(|(schedule, _)| !schedule.paused).and_then(|(_, next)| *next);
    Ok(statement
        .text(document)
        .text_or_null(new.job.name.clone())
        .text_or_null(schedule.map(|s| s.cron.clone()))
        .text_or_null(schedule.map(|s| s.timezone.clone()))
        .int(schedule.map(|s| i64::from(s.jitter_seconds)))
        .int(schedule.map(|s| i64::from(s.missed == Missed::Skip)))
        .int(schedule.map(|s| i64::from(s.overlap)))
        .int(schedule.map(|s| i64::from(s.paused)))
        .int(next.map(|next| next.due.0))
        .int(next.map(|next| next.at.0)))
}

#[async_trait]
impl<E: Engine> Jobs for Books<E> {
    async fn create_job(&self, new: NewJob) -> Result<JobInfo, StoreError> {
        let mut tx = self.0.begin().await?;
        // The same words of two tenants are two keys.
        let once = new.once.as_ref().map(|once| format!("{} {once}", new.tenant));
        let insert =
            sql("INSERT INTO jobs (job, name, cron, timezone, jitter, missed, overlap, paused, next_due,
                                            next_at, tenant_id, version, created_at, updated_at, once_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12, $13)
             ON CONFLICT DO NOTHING RETURNING job_id");
        let insert = bind(insert, &new)?.int(new.tenant.0).int(tx.now().0).text_or_null(once.clone());
        let made = first(&tx.run(insert).await?, |row| row.int(0))?;
        let read = match made {
            Some(id) => sql(job!(", j.job", "WHERE j.job_id = $1")).int(id),
            None => sql(job!(", j.job", "WHERE j.once_key = $1")).text_or_null(once),
        };
        let found = first(&tx.run(read).await?, info)?;
        shared::crash::point("store.in_create");
        tx.commit().await?;
        found.ok_or_else(|| corrupt("a job that was not kept"))
    }

    async fn job(&self, tenant: TenantId, id: JobId) -> Result<JobInfo, StoreError> {
        let query = sql(job!(", j.job", "WHERE j.tenant_id = $1 AND j.job_id = $2")).int(tenant.0).int(id.0);
        first(&self.0.read(query).await?, info)?.ok_or_else(|| missing("job", id))
    }

    async fn jobs(
        &self,
        tenant: TenantId,
        before: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobSummary>, StoreError> {
        let rest = sql(job!("", "WHERE j.tenant_id = $1 AND j.job_id < $2 ORDER BY j.job_id DESC LIMIT $3"));
        let query = rest.int(tenant.0).int(before.map_or(i64::MAX, |id| id.0)).int(i64::from(limit));
        self.0.read(query).await?.iter().map(summary).collect()
    }

    async fn replace_job(
        &self,
        id: JobId,
        version: Option<u64>,
        new: NewJob,
    ) -> Result<Replaced, StoreError> {
        let mut tx = self.0.begin().await?;
        let update =
            sql("UPDATE jobs SET job = $1, name = $2, cron = $3, timezone = $4, jitter = $5, missed = $6,
                    overlap = $7, paused = $8, next_due = $9, next_at = $10, version = version + 1,
                    updated_at = $11
             WHERE tenant_id = $12 AND job_id = $13 AND (version = $14 OR $14 IS NULL) RETURNING version");
        let update = bind(update, &new)?.int(tx.now().0).int(new.tenant.0).int(id.0).int(version.map(int));
        let done = !tx.run(update).await?.is_empty();
        let read = sql(job!(", j.job", "WHERE j.tenant_id = $1 AND j.job_id = $2"));
        let found = first(&tx.run(read.int(new.tenant.0).int(id.0)).await?, info)?;
        tx.commit().await?;
        let found = found.ok_or_else(|| missing("job", id))?;
        Ok(if done { Replaced::Done(found) } else { Replaced::Changed(found.summary.version) })
    }

    async fn delete_job(
        &self,
        tenant: TenantId,
        id: JobId,
        version: Option<u64>,
    ) -> Result<Replaced<()>, StoreError> {
        let mut tx = self.0.begin().await?;
        let delete =
            sql("DELETE FROM jobs WHERE tenant_id = $1 AND job_id = $2 AND (version = $3 OR $3 IS NULL)
             RETURNING job_id");
        let deleted = tx.run(delete.int(tenant.0).int(id.0).int(version.map(int))).await?;
        let left = sql("SELECT version FROM jobs WHERE tenant_id = $1 AND job_id = $2");
        let left = first(&tx.run(left.int(tenant.0).int(id.0)).await?, |row| row.number(0))?;
        tx.commit().await?;
        match left {
            Some(version) => Ok(Replaced::Changed(version)),
            None if deleted.is_empty() => Err(missing("job", id)),
            None => Ok(Replaced::Done(())),
        }
    }
}
