//! Versions of what was read from a run's pages. A version's parts are rows until they are applied.

use super::engine::{Engine, Row, Statement, Transaction, sql};
use super::idempotency::{made, note_made};
use super::{Books, corrupt, first, int, missing, ms};
use async_trait::async_trait;
use shared::ids::RunId;
use shared::messages::ReparsePart;
use shared::ports::StoreError;
use shared::ports::store::control::{
    FieldDifference, NewReparse, PART_PAGES, ParsedPart, Reparse, ReparseInfo, ReparseState, ReparsedPage,
};
use std::sync::Arc;
use std::time::Duration;

/// Rows in one statement.
const ROWS: usize = 100;
/// Pages whose rows are deleted in one transaction.
const DELETED: i64 = 5_000;
/// The state of a run from which on it is over.
const OVER: i64 = 3;

/// The columns of [`info`], of versions that `$which` chooses.
macro_rules! reparses {
    ($which:literal) => {
        concat!(
            "SELECT p.run_id, p.version, p.base, p.dry_run, p.created_at, p.ended_at, p.parts, p.applied, p.pages,
                    p.records, p.rejected, p.extract, r.version
             FROM reparses p JOIN runs r ON r.run_id = p.run_id WHERE p.run_id = $1 ",
            $which
        )
    };
}

#[async_trait]
impl<E: Engine> Reparse for Books<E> {
    async fn begin_reparse(&self, new: NewReparse) -> Result<u32, StoreError> {
        let extract = serde_json::to_string(&*new.extract).map_err(corrupt)?;
        let run = new.run.0;
        let mut tx = self.0.begin().await?;
        if let Some(version) = made(&mut *tx, new.once.as_ref()).await? {
            return version.parse().map_err(corrupt);
        }
        // Writing first locks the row: two that begin at once get two numbers.
        let next = sql("UPDATE runs SET versions = versions + 1 WHERE run_id = $1
             RETURNING versions, version, CAST(state AS BIGINT)");
        let rows = tx.run(next.int(run)).await?;
        let Some(row) = rows.first() else { return Err(missing("run", new.run)) };
        let (version, base) = (row.int(0)?, row.int(1)?);
        if row.int(2)? < OVER {
            return Err(StoreError::Conflict(format!(
                "run {run} is not over yet; parse it again when it is"
            )));
        }
        let cut = sql("WITH RECURSIVE part (n) AS (
               SELECT CAST(0 AS BIGINT) WHERE EXISTS (SELECT 1 FROM run_counts WHERE run_id = $1 AND closed > 0)
               UNION ALL SELECT n + 1 FROM part
               WHERE (n + 1) * $3 < (SELECT closed FROM run_counts WHERE run_id = $1))
             INSERT INTO reparse_parts (run_id, version, from_seq, to_seq, announced_at)
             SELECT $1, $2, n * $3, (n + 1) * $3, 0 FROM part RETURNING to_seq");
        let parts = tx.run(cut.int(run).int(version).int(i64::from(PART_PAGES))).await?.len() as u64;
        let now = tx.now().0;
        let insert =
            sql("INSERT INTO reparses (run_id, version, base, dry_run, created_at, ended_at, parts, applied,
                 pages, records, rejected, extract) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, $8)");
        let insert = insert.int(run).int(version).int(base).int(i64::from(new.dry_run)).int(now);
        let ended = (parts == 0).then_some(now);
        tx.run(insert.int(ended).int(int(parts)).text(extract)).await?;
        if parts == 0 && !new.dry_run {
            make_current(&mut *tx, run, version).await?;
        }
        note_made(&mut *tx, new.once.as_ref(), version).await?;
        tx.commit().await?;
        u32::try_from(version).map_err(corrupt)
    }

    async fn reparse(&self, run: RunId, version: u32) -> Result<ReparseInfo, StoreError> {
        let query = sql(reparses!("AND p.version = $2")).int(run.0).int(i64::from(version));
        let found = first(&self.0.read(query).await?, info)?;
        let mut found = found.ok_or_else(|| missing("version", version))?;
        found.differences = differences(&self.0, run, version).await?;
        Ok(found)
    }

    async fn reparses(&self, run: RunId) -> Result<Vec<ReparseInfo>, StoreError> {
        let query = sql(reparses!("ORDER BY p.version DESC LIMIT 1000")).int(run.0);
        let mut all: Vec<ReparseInfo> =
            self.0.read(query).await?.iter().map(info).collect::<Result<_, _>>()?;
        for version in &mut all {
            version.differences = differences(&self.0, run, version.version).await?;
        }
        Ok(all)
    }

    async fn open_parts(&self, announce_after: Duration, limit: u32) -> Result<Vec<ReparsePart>, StoreError> {
        let before = self.0.now().await?.0.saturating_sub(ms(announce_after));
        let look = sql("SELECT count(CASE WHEN announced_at > $1 THEN 1 END), count(*) FROM reparse_parts");
        let counts = first(&self.0.read(look.int(before)).await?, |row| Ok((row.int(0)?, row.int(1)?)))?;
        let (announced, open) = counts.unwrap_or_default();
        let room = i64::from(limit).saturating_sub(announced);
        if room <= 0 || open == announced {
            return Ok(Vec::new());
        }
        let mut tx = self.0.begin().await?;
        let choose = format!(
            "SELECT run_id, version, from_seq, to_seq FROM reparse_parts WHERE announced_at <= $1
             ORDER BY announced_at, run_id, version, to_seq LIMIT $2 {}",
            self.0.skip_locked()
        );
        let rows = tx.run(sql(choose).int(before).int(room)).await?;
        let parts: Vec<ReparsePart> = rows.iter().map(part).collect::<Result<_, _>>()?;
        let now = tx.now().0;
        for some in parts.chunks(ROWS) {
            let places = places(some.len(), 3, 1);
            let note = sql(format!(
                "UPDATE reparse_parts SET announced_at = $1 WHERE (run_id, version, to_seq) IN (VALUES {places})"
            ));
            let note = some.iter().fold(note.int(now), of_part);
            tx.run(note).await?;
        }
        tx.commit().await?;
        Ok(parts)
    }

    async fn apply_part(&self, part: ParsedPart) -> Result<bool, StoreError> {
        let ParsedPart { part, pages, differences } = part;
        let (run, version) = (part.run.0, i64::from(part.version));
        let mut tx = self.0.begin().await?;
        let close = sql("DELETE FROM reparse_parts WHERE run_id = $1 AND version = $2 AND to_seq = $3
             RETURNING to_seq");
        if tx.run(of_part(close, &part)).await?.is_empty() {
            return Ok(false);
        }
        let counts = write(&mut *tx, run, version, &pages).await?;
        for field in &differences {
            add(&mut *tx, run, version, field).await?;
        }
        let now = tx.now().0;
        let count =
            sql("UPDATE reparses SET applied = applied + 1, pages = pages + $3, records = records + $4,
               rejected = rejected + $5, ended_at = CASE WHEN applied + 1 >= parts THEN $6 END
             WHERE run_id = $1 AND version = $2 RETURNING ended_at, dry_run");
        let count = count.int(run).int(version).int(int(pages.len() as u64));
        let rows = tx.run(count.int(counts.valid).int(counts.rejected).int(now)).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        if row.int_or_null(0)?.is_some() && !row.flag(1)? {
            make_current(&mut *tx, run, version).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn adopt(&self, run: RunId, version: u32) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        if version > 0 {
            let query = sql(reparses!("AND p.version = $2")).int(run.0).int(i64::from(version));
            let found = first(&tx.run(query).await?, info)?.ok_or_else(|| missing("version", version))?;
            if found.state == ReparseState::Running {
                return Err(StoreError::Conflict(format!("version {version} is not done yet")));
            }
        }
        make_current(&mut *tx, run.0, i64::from(version)).await?;
        tx.commit().await
    }

    async fn drop_reparse(&self, run: RunId, version: u32) -> Result<(), StoreError> {
        let (run_id, number) = (run.0, i64::from(version));
        let mut tx = self.0.begin().await?;
        // Locks the row, so that it does not become current meanwhile.
        let lock = sql("UPDATE runs SET versions = versions WHERE run_id = $1
             RETURNING version, (SELECT closed FROM run_counts WHERE run_counts.run_id = runs.run_id)");
        let rows = tx.run(lock.int(run_id)).await?;
        let Some(row) = rows.first() else { return Err(missing("run", run)) };
        if row.int(0)? == number {
            let why = format!("version {version} is current; adopt another one first, 0 is the crawl's own");
            return Err(StoreError::Conflict(why));
        }
        let closed = row.int(1)?;
        let forget = sql("DELETE FROM reparses WHERE run_id = $1 AND version = $2 RETURNING version");
        if tx.run(forget.int(run_id).int(number)).await?.is_empty() {
            return Err(missing("version", version));
        }
        tx.run(sql("DELETE FROM reparse_parts WHERE run_id = $1 AND version = $2").int(run_id).int(number))
            .await?;
        tx.run(sql("DELETE FROM reparse_fields WHERE run_id = $1 AND version = $2").int(run_id).int(number))
            .await?;
        tx.commit().await?;
        // From here on nobody reads it; what a crash leaves is only in the way of nobody.
        let mut from = 0;
        while from <= closed {
            delete(&self.0, run_id, number, from).await?;
            from += DELETED;
        }
        Ok(())
    }
}

async fn make_current(tx: &mut dyn Transaction, run: i64, version: i64) -> Result<(), StoreError> {
    let update = sql("UPDATE runs SET version = $2 WHERE run_id = $1 RETURNING version");
    if tx.run(update.int(run).int(version)).await?.is_empty() {
        return Err(missing("run", run));
    }
    Ok(())
}

async fn delete<E: Engine>(engine: &E, run: i64, version: i64, from: i64) -> Result<(), StoreError> {
    let mut tx = engine.begin().await?;
    for text in [
        "DELETE FROM records WHERE run_id = $1 AND version = $2 AND seq >= $3 AND seq < $4",
        "DELETE FROM parsed WHERE run_id = $1 AND version = $2 AND seq >= $3 AND seq < $4",
    ] {
        tx.run(sql(text).int(run).int(version).int(from).int(from + DELETED)).await?;
    }
    tx.commit().await
}

struct Counts {
    valid: i64,
    rejected: i64,
}

/// Writes what was read; counts the records.
async fn write(
    tx: &mut dyn Transaction,
    run: i64,
    version: i64,
    pages: &[ReparsedPage],
) -> Result<Counts, StoreError> {
    for some in pages.chunks(ROWS) {
        let text = format!(
            "INSERT INTO parsed (run_id, version, seq, title, error, meta, content) VALUES {}",
            places(some.len(), 7, 0)
        );
        let insert = some.iter().fold(sql(text), |insert, page| {
            let parsed = &page.parsed;
            let insert = insert.int(run).int(version).int(int(page.seq)).text_or_null(parsed.title.clone());
            let insert = insert.text_or_null(parsed.error.clone()).text(parsed.meta.clone());
            insert.text_or_null(parsed.content.clone())
        });
        tx.run(insert).await?;
    }
    let records: Vec<_> =
        pages.iter().flat_map(|page| (0..).zip(&page.records).map(|(ord, r)| (page.seq, ord, r))).collect();
    for some in records.chunks(ROWS) {
        let text = format!(
            "INSERT INTO records (run_id, version, seq, ord, rejected, data) VALUES {}",
            places(some.len(), 6, 0)
        );
        let insert = some.iter().fold(sql(text), |insert, (seq, ord, record)| {
            let insert = insert.int(run).int(version).int(int(*seq)).int(*ord);
            insert.text_or_null(record.rejected.clone()).text(record.data.clone())
        });
        tx.run(insert).await?;
    }
    let rejected = records.iter().filter(|(_, _, record)| record.rejected.is_some()).count() as u64;
    Ok(Counts { valid: int(records.len() as u64 - rejected), rejected: int(rejected) })
}

async fn add(
    tx: &mut dyn Transaction,
    run: i64,
    version: i64,
    field: &FieldDifference,
) -> Result<(), StoreError> {
    let add = sql("INSERT INTO reparse_fields (run_id, version, field, same, changed, added, removed)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (run_id, version, field) DO UPDATE SET same = reparse_fields.same + excluded.same,
           changed = reparse_fields.changed + excluded.changed, added = reparse_fields.added + excluded.added,
           removed = reparse_fields.removed + excluded.removed");
    let add = add.int(run).int(version).text(field.field.clone()).int(int(field.same));
    tx.run(add.int(int(field.changed)).int(int(field.added)).int(int(field.removed))).await.map(drop)
}

async fn differences<E: Engine>(
    engine: &E,
    run: RunId,
    version: u32,
) -> Result<Vec<FieldDifference>, StoreError> {
    let query = sql("SELECT field, same, changed, added, removed FROM reparse_fields
         WHERE run_id = $1 AND version = $2 ORDER BY field");
    let field = |row: &Row| {
        Ok(FieldDifference {
            field: row.text(0)?,
            same: row.number(1)?,
            changed: row.number(2)?,
            added: row.number(3)?,
            removed: row.number(4)?,
        })
    };
    engine.read(query.int(run.0).int(i64::from(version))).await?.iter().map(field).collect()
}

fn info(row: &Row) -> Result<ReparseInfo, StoreError> {
    let version = row.number(1)?;
    let ended_at = row.time_or_null(5)?;
    Ok(ReparseInfo {
        run: RunId(row.int(0)?),
        version,
        state: if ended_at.is_some() { ReparseState::Done } else { ReparseState::Running },
        current: row.int(12)? == i64::from(version),
        dry_run: row.flag(3)?,
        base: row.number(2)?,
        created_at: row.time(4)?,
        ended_at,
        parts: row.number(6)?,
        applied: row.number(7)?,
        pages: row.number(8)?,
        records: row.number(9)?,
        rejected: row.number(10)?,
        differences: Vec::new(),
        extract: Arc::new(row.json(11)?),
    })
}

fn part(row: &Row) -> Result<ReparsePart, StoreError> {
    Ok(ReparsePart {
        run: RunId(row.int(0)?),
        version: row.number(1)?,
        after: row.number(2)?,
        until: row.number(3)?,
    })
}

/// Binds what names a part.
fn of_part(statement: Statement, part: &ReparsePart) -> Statement {
    statement.int(part.run.0).int(i64::from(part.version)).int(int(part.until))
}

/// `($1,$2),($3,$4)`: so many rows of so many columns, after the parameters that stand before.
fn places(rows: usize, columns: usize, before: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> =
            (1..=columns).map(|column| format!("${}", before + row * columns + column)).collect();
        format!("({})", places.join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}
