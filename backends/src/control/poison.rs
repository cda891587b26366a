//! Segments that are parsed anew with care, and dead letters.

use super::engine::{Engine, Row, sql};
use super::{Books, corrupt, int, missing};
use async_trait::async_trait;
use bytes::Bytes;
use shared::ids::{RunId, SegmentId};
use shared::outcome::Kind;
use shared::ports::StoreError;
use shared::ports::store::control::{About, Letter, LetterSelection, NewLetter, Poison};

/// Columns of [`letter`].
macro_rules! letter {
    ($body:literal, $rest:expr) => {
        concat!(
            "SELECT letter_id, filed_at, replayed_at, run_id, reason, lane, len, url, kind, depth, ",
            $body,
            " FROM dead_letters WHERE ",
            $rest
        )
    };
}

/// Letters of a selection, `$of_run` of them.
macro_rules! letters {
    ($of_run:literal) => {
        letter!(
            "substr(body, 1, 0)",
            concat!(
                "letter_id > $1 AND ",
                $of_run,
                " AND ($3 IS NULL OR (lane IS NULL) = ($3 <> 0)) AND ($4 IS NULL OR (replayed_at IS NULL) = ($4 = 0))
             AND ($5 IS NULL OR run_id IN (SELECT run_id FROM runs WHERE tenant_id = $5)
                  OR ($6 <> 0 AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.run_id = dead_letters.run_id)))
             ORDER BY letter_id LIMIT $7"
            )
        )
    };
}

fn letter(row: &Row) -> Result<Letter, StoreError> {
    let about = match row.text_or_null(5)? {
        Some(lane) => About::Message { lane, body: Bytes::from(row.blob(10)?), len: row.number(6)? },
        None => {
            About::Page { url: row.text(7)?, kind: Kind::from_code(row.number(8)?), depth: row.number(9)? }
        }
    };
    Ok(Letter {
        id: row.int(0)?,
        filed_at: row.time(1)?,
        replayed_at: row.time_or_null(2)?,
        run: row.int_or_null(3)?.map(RunId),
        reason: row.text(4)?,
        about,
    })
}

fn bytes_of(segment: SegmentId) -> Vec<u8> {
    segment.0.as_bytes().to_vec()
}

#[async_trait]
impl<E: Engine> Poison for Books<E> {
    async fn take_up(&self, run: RunId, segment: SegmentId) -> Result<Vec<u32>, StoreError> {
        let mut tx = self.0.begin().await?;
        let note = sql("INSERT INTO care (run_id, segment_id, tries, poison) VALUES ($1, $2, 1, '[]')
             ON CONFLICT (run_id, segment_id) DO UPDATE SET tries = care.tries + 1
             RETURNING page_begun, page_died, poison");
        let rows = tx.run(note.int(run.0).blob(bytes_of(segment))).await?;
        let row = rows.first().ok_or_else(|| corrupt("a segment that was not kept"))?;
        let (begun, died) = (row.number_or_null::<u32>(0)?, row.number_or_null::<u32>(1)?);
        let mut poison: Vec<u32> = row.json(2)?;
        if let Some(place) = begun {
            let is_poison = died == Some(place);
            if is_poison {
                poison.push(place);
            }
            let update = sql("UPDATE care SET page_begun = NULL, page_died = $3, poison = $4
                 WHERE run_id = $1 AND segment_id = $2")
            .int(run.0)
            .blob(bytes_of(segment))
            .int((!is_poison).then_some(i64::from(place)))
            .text(serde_json::to_string(&poison).map_err(corrupt)?);
            tx.run(update).await?;
        }
        tx.commit().await?;
        Ok(poison)
    }

    async fn begin_page(&self, run: RunId, segment: SegmentId, place: Option<u32>) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let update = sql("UPDATE care SET page_begun = $3 WHERE run_id = $1 AND segment_id = $2")
            .int(run.0)
            .blob(bytes_of(segment))
            .int(place.map(i64::from));
        tx.run(update).await?;
        tx.commit().await
    }

    async fn put_down(&self, run: RunId, segment: SegmentId) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let delete = sql("DELETE FROM care WHERE run_id = $1 AND segment_id = $2");
        tx.run(delete.int(run.0).blob(bytes_of(segment))).await?;
        tx.commit().await
    }

    async fn file(&self, new: &NewLetter) -> Result<(), StoreError> {
        let mut hasher = blake3::Hasher::new();
        for part in [new.lane.as_bytes(), new.reason.as_bytes(), &new.body] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let mut tx = self.0.begin().await?;
        // One that was sent on its way and died again is new.
        let insert = sql("INSERT INTO dead_letters (name, filed_at, run_id, reason, lane, len, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (name) DO UPDATE SET filed_at = excluded.filed_at, replayed_at = NULL
             WHERE dead_letters.replayed_at IS NOT NULL")
        .text(hasher.finalize().to_hex().to_string())
        .int(tx.now().0)
        .int(new.run.map(|run| run.0))
        .text(new.reason.clone())
        .text(new.lane.clone())
        .int(int(new.len))
        .blob(new.body.to_vec());
        tx.run(insert).await?;
        tx.commit().await
    }

    async fn letters(&self, selection: LetterSelection) -> Result<Vec<Letter>, StoreError> {
        // Two texts, so that those of a run are found by their index; without their bytes.
        let read = sql(match selection.run {
            Some(_) => letters!("run_id = $2"),
            None => letters!("$2 IS NULL"),
        })
        .int(selection.after)
        .int(selection.run.map(|run| run.0))
        .int(selection.pages.map(i64::from))
        .int(selection.replayed.map(i64::from))
        .int(selection.of.map(|of| of.tenant.0))
        .int(i64::from(selection.of.is_some_and(|of| of.with_unowned)))
        .int(i64::from(selection.limit));
        self.0.read(read).await?.iter().map(letter).collect()
    }

    async fn letter(&self, id: i64) -> Result<Letter, StoreError> {
        let rows = self.0.read(sql(letter!("body", "letter_id = $1")).int(id)).await?;
        rows.first().map(letter).transpose()?.ok_or_else(|| missing("dead letter", id))
    }

    async fn replayed(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let update = sql("UPDATE dead_letters SET replayed_at = $2 WHERE letter_id = $1 RETURNING letter_id");
        let now = tx.now().0;
        if tx.run(update.int(id).int(now)).await?.is_empty() {
            return Err(missing("dead letter", id));
        }
        tx.commit().await
    }

    async fn drop_letter(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        let delete = sql("DELETE FROM dead_letters WHERE letter_id = $1 RETURNING letter_id");
        if tx.run(delete.int(id)).await?.is_empty() {
            return Err(missing("dead letter", id));
        }
        tx.commit().await
    }
}
