//! Files of records in the archive: a row each, lent to one writer at a time.

use super::engine::{Engine, Row, sql};
use super::idempotency::{made, note_made};
use super::{Books, corrupt, first, int, missing};
use async_trait::async_trait;
use shared::ids::{ExportId, RunId};
use shared::job::Format;
use shared::ports::StoreError;
use shared::ports::store::control::{
    ExportEnd, ExportFilter, ExportInfo, ExportState, Exports, NewExport, TakenExport, Written,
};
use std::time::Duration;

const READY: i64 = 1;
const FAILED: i64 = 2;

/// The columns of [`info`].
macro_rules! export {
    ($rest:literal) => {
        concat!(
            "SELECT export_id, run_id, format, version, url_prefix, until, state, lent, created_at, ended_at, tries,
                    written, bytes, reason, object FROM exports ",
            $rest
        )
    };
}

fn code(format: Format) -> i64 {
    match format {
        Format::Jsonl => 0,
        Format::Csv => 1,
        Format::Parquet => 2,
    }
}

fn info(row: &Row) -> Result<ExportInfo, StoreError> {
    Ok(ExportInfo {
        id: ExportId(row.int(0)?),
        run: RunId(row.int(1)?),
        format: match row.int(2)? {
            0 => Format::Jsonl,
            1 => Format::Csv,
            2 => Format::Parquet,
            other => return Err(corrupt(format!("format {other}"))),
        },
        filter: ExportFilter { version: Some(row.number(3)?), url_prefix: row.text_or_null(4)? },
        until: row.number(5)?,
        state: match (row.int(6)?, row.flag(7)?) {
            (READY, _) => ExportState::Ready,
            (FAILED, _) => ExportState::Failed,
            (_, true) => ExportState::Writing,
            (_, false) => ExportState::Queued,
        },
        created_at: row.time(8)?,
        ended_at: row.time_or_null(9)?,
        tries: row.number(10)?,
        written: Written { rows: row.number(11)?, bytes: row.number(12)? },
        reason: row.text_or_null(13)?,
        object: row.text_or_null(14)?,
    })
}

#[async_trait]
impl<E: Engine> Exports for Books<E> {
    async fn create_export(&self, new: NewExport) -> Result<ExportInfo, StoreError> {
        let mut tx = self.0.begin().await?;
        let id = match made(&mut *tx, new.once.as_ref()).await? {
            Some(id) => id.parse().map_err(corrupt)?,
            None => {
                let insert = sql(
                    "INSERT INTO exports (run_id, format, version, url_prefix, until, created_at, due)
                     SELECT r.run_id, $2, coalesce($3, r.version), $4, c.closed, $5, $5
                     FROM runs r JOIN run_counts c ON c.run_id = r.run_id
                     WHERE r.run_id = $1 AND ($3 IS NULL OR $3 = 0 OR EXISTS
                       (SELECT 1 FROM reparses p WHERE p.run_id = $1 AND p.version = $3 AND p.ended_at IS NOT NULL))
                     RETURNING export_id",
                )
                .int(new.run.0)
                .int(code(new.format))
                .int(new.filter.version.map(i64::from))
                .text_or_null(new.filter.url_prefix)
                .int(tx.now().0);
                let id = first(&tx.run(insert).await?, |row| row.int(0))?;
                let wanted = new
                    .filter
                    .version
                    .map_or("run".to_owned(), |n| format!("version {n} that is done, of run"));
                let id = id.ok_or_else(|| missing(&wanted, new.run))?;
                note_made(&mut *tx, new.once.as_ref(), id).await?;
                id
            }
        };
        let rows =
            tx.run(sql(export!("WHERE run_id = $1 AND export_id = $2")).int(new.run.0).int(id)).await?;
        tx.commit().await?;
        first(&rows, info)?.ok_or_else(|| missing("export", id))
    }

    async fn export(&self, run: RunId, id: ExportId) -> Result<ExportInfo, StoreError> {
        let query = sql(export!("WHERE run_id = $1 AND export_id = $2")).int(run.0).int(id.0);
        first(&self.0.read(query).await?, info)?.ok_or_else(|| missing("export", id))
    }

    async fn exports(
        &self,
        run: RunId,
        before: Option<ExportId>,
        limit: u32,
    ) -> Result<Vec<ExportInfo>, StoreError> {
        let query = sql(export!("WHERE run_id = $1 AND export_id < $2 ORDER BY export_id DESC LIMIT $3"));
        let query = query.int(run.0).int(before.map_or(i64::MAX, |id| id.0)).int(i64::from(limit));
        self.0.read(query).await?.iter().map(info).collect()
    }

    async fn delete_export(&self, run: RunId, id: ExportId) -> Result<ExportInfo, StoreError> {
        let mut tx = self.0.begin().await?;
        let read = sql(export!("WHERE run_id = $1 AND export_id = $2")).int(run.0).int(id.0);
        let found = first(&tx.run(read).await?, info)?;
        tx.run(sql("DELETE FROM exports WHERE run_id = $1 AND export_id = $2").int(run.0).int(id.0)).await?;
        tx.commit().await?;
        found.ok_or_else(|| missing("export", id))
    }

    async fn take_export(&self, lease: Duration) -> Result<Option<TakenExport>, StoreError> {
        // Most looks find nothing, and a transaction would be in the way of others.
        let now = self.0.now().await?;
        let due = sql("SELECT 1 FROM exports WHERE state = 0 AND due <= $1 LIMIT 1").int(now.0);
        if self.0.read(due).await?.is_empty() {
            return Ok(None);
        }
        let mut tx = self.0.begin().await?;
        let text = format!(
            "UPDATE exports SET due = $2, lent = 1, tries = tries + 1, written = 0, bytes = 0 WHERE export_id IN
               (SELECT export_id FROM exports WHERE state = 0 AND due <= $1 ORDER BY due, export_id LIMIT 1 {})
             RETURNING export_id",
            self.0.skip_locked()
        );
        let (now, until) = (tx.now(), tx.now().plus(lease));
        let Some(id) = first(&tx.run(sql(text).int(now.0).int(until.0)).await?, |row| row.int(0))? else {
            return Ok(None);
        };
        let rows = tx.run(sql(export!("WHERE export_id = $1")).int(id)).await?;
        tx.commit().await?;
        Ok(first(&rows, info)?.map(|info| TakenExport { info }))
    }

    async fn renew_export(
        &self,
        taken: &TakenExport,
        written: Written,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let mut tx = self.0.begin().await?;
        let update = sql("UPDATE exports SET due = $3, written = $4, bytes = $5
             WHERE export_id = $1 AND tries = $2 AND state = 0 AND lent = 1 RETURNING export_id");
        let update = update.int(taken.info.id.0).int(i64::from(taken.info.tries));
        let update = update.int(tx.now().plus(lease).0).int(int(written.rows)).int(int(written.bytes));
        let is_ours = !tx.run(update).await?.is_empty();
        tx.commit().await?;
        Ok(is_ours)
    }

    async fn end_export(&self, taken: &TakenExport, end: ExportEnd) -> Result<bool, StoreError> {
        let mut tx = self.0.begin().await?;
        let now = tx.now();
        let (state, due, reason, object, written) = match end {
            ExportEnd::Ready { object, written } => (READY, now, None, Some(object), written),
            ExportEnd::Again { reason, pause } => {
                (0, now.plus(pause), Some(reason), None, Written::default())
            }
            ExportEnd::Failed { reason } => (FAILED, now, Some(reason), None, Written::default()),
        };
        let update = sql(
            "UPDATE exports SET state = $3, due = $4, lent = 0, reason = $5, object = $6, written = $7, bytes = $8,
                    ended_at = CASE WHEN $3 > 0 THEN $9 END
             WHERE export_id = $1 AND tries = $2 AND state = 0 AND lent = 1 RETURNING export_id",
        )
        .int(taken.info.id.0)
        .int(i64::from(taken.info.tries))
        .int(state)
        .int(due.0)
        .text_or_null(reason)
        .text_or_null(object)
        .int(int(written.rows))
        .int(int(written.bytes))
        .int(now.0);
        let is_ours = !tx.run(update).await?.is_empty();
        tx.commit().await?;
        Ok(is_ours)
    }
}
