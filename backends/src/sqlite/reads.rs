//! The port [`Reads`].

use super::SqliteStore;
use super::codes::{array, count, get, small, url_id};
use super::error::{Result as Outcome, corrupt};
use crate::store::codes::int;
use crate::store::page::{outcome_code, outcome_name};
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::outcome::Kind;
use shared::ports::StoreError;
use shared::ports::store::{PageFilter, PageRow, PageSelection, Reads, RecordRow, RecordSelection};
use sqlx::sqlite::SqliteRow;

#[async_trait]
impl Reads for SqliteStore {
    async fn records(&self, selection: RecordSelection) -> Result<Vec<RecordRow>, StoreError> {
        Ok(records(self, selection).await?)
    }

    async fn pages(&self, selection: PageSelection) -> Result<Vec<PageRow>, StoreError> {
        Ok(pages(self, selection).await?)
    }

    async fn contents(&self, run: RunId, seqs: &[u64]) -> Result<Vec<(u64, String)>, StoreError> {
        Ok(contents(self, run, seqs).await?)
    }
}

/// Records with their pages, as one JSON array: a row of its own for each would cost more.
macro_rules! records {
    ($which:literal) => {
        concat!(
            "SELECT json_group_array(json_array(seq, ord, data, rejected, url, asked_url, status, fetched_at))
             FROM (SELECT r.seq, r.ord, r.data, r.rejected, p.url, p.asked_url, p.status, p.fetched_at
                   FROM records r JOIN pages p ON p.run_id = r.run_id AND p.seq = r.seq
                   WHERE r.run_id = ?1 AND r.version = coalesce(?5, (SELECT version FROM runs WHERE run_id = ?1))
                     AND (r.seq, r.ord) > (?2, ?3) AND ",
            $which,
            " ORDER BY r.seq, r.ord LIMIT +?4)"
        )
    };
}

async fn records(store: &SqliteStore, selection: RecordSelection) -> Outcome<Vec<RecordRow>> {
    // Two texts, because each has an index of its own.
    let valid = records!("r.rejected IS NULL");
    let rejected = records!("r.rejected IS NOT NULL");
    let (seq, ord) = selection.after.map_or((-1, -1), |(seq, ord)| (int(seq), i64::from(ord)));
    let query = sqlx::query(if selection.valid { valid } else { rejected });
    let query = query.bind(selection.run.0).bind(seq).bind(ord).bind(i64::from(selection.limit));
    let query = query.bind(selection.version.map(i64::from));
    let rows = query.fetch_all(&store.readers).await?;
    Ok(array(&rows)?.into_iter().map(record).collect())
}

type RecordColumns = (u64, u32, String, Option<String>, String, Option<String>, Option<u16>, Timestamp);

fn record(columns: RecordColumns) -> RecordRow {
    let (seq, ord, data, rejected, final_url, asked_url, status, fetched_at) = columns;
    let url = asked_url.unwrap_or_else(|| final_url.clone());
    RecordRow { seq, ord, data, rejected, url, final_url, status, fetched_at }
}

async fn contents(store: &SqliteStore, run: RunId, seqs: &[u64]) -> Outcome<Vec<(u64, String)>> {
    let wanted = serde_json::to_string(seqs).map_err(corrupt)?;
    let query = sqlx::query(
        "SELECT d.seq, d.content FROM json_each(?1) w JOIN parsed d ON d.run_id = ?2 AND d.seq = w.value
           AND d.version = (SELECT version FROM runs WHERE run_id = ?2)
         WHERE d.content IS NOT NULL ORDER BY d.seq",
    );
    let rows = query.bind(wanted).bind(run.0).fetch_all(&store.readers).await?;
    rows.iter().map(|row| Ok((count(row, 0)?, get(row, 1)?))).collect()
}

macro_rules! pages {
    ($which:literal) => {
        concat!(
            "SELECT p.seq, p.url_id, p.kind, p.url, p.asked_url, p.status, p.outcome, p.reason, p.depth, s.object,
                p.offset, p.len, p.digest, p.fetched_at, d.title, d.meta
             FROM pages p LEFT JOIN segments s ON s.segment_no = p.segment_no
             LEFT JOIN parsed d ON d.run_id = p.run_id AND d.seq = p.seq
               AND d.version = coalesce(?4, (SELECT version FROM runs WHERE run_id = ?1))
             WHERE p.run_id = ?1 AND p.seq > ?2 ",
            $which,
            " ORDER BY p.seq LIMIT +?3"
        )
    };
}

async fn pages(store: &SqliteStore, selection: PageSelection) -> Outcome<Vec<PageRow>> {
    let PageSelection { run, after, filter, version, limit } = selection;
    let all = filter == PageFilter::default();
    let query = sqlx::query(if all {
        pages!("")
    } else {
        pages!(
            "AND (p.outcome = ?5 OR ?5 IS NULL) AND (p.status = ?6 OR ?6 IS NULL)
             AND (p.reason = ?7 OR ?7 IS NULL) AND (substr(p.url, 1, length(?8)) = ?8 OR ?8 IS NULL)"
        )
    });
    let query = query.bind(run.0).bind(after.map_or(-1, int)).bind(i64::from(limit));
    let query = query.bind(version.map(i64::from));
    let query = if all {
        query
    } else {
        query
            .bind(filter.outcome.map(|name| outcome_code(&name)))
            .bind(filter.status.map(i64::from))
            .bind(filter.reason)
            .bind(filter.url_prefix)
    };
    query.fetch_all(&store.readers).await?.iter().map(page).collect()
}

fn page(row: &SqliteRow) -> Outcome<PageRow> {
    Ok(PageRow {
        seq: count(row, 0)?,
        url_id: url_id(row, 1)?,
        kind: Kind::from_code(small(row, 2)?),
        url: get(row, 3)?,
        asked_url: get(row, 4)?,
        status: status(row, 5)?,
        outcome: outcome_name(get(row, 6)?).to_owned(),
        reason: get(row, 7)?,
        depth: small(row, 8)?,
        object: get(row, 9)?,
        offset: get::<Option<i64>>(row, 10)?.map(i64::unsigned_abs),
        len: get::<Option<i64>>(row, 11)?.map(i64::unsigned_abs),
        digest: get(row, 12)?,
        fetched_at: Timestamp(get(row, 13)?),
        title: get(row, 14)?,
        meta: get(row, 15)?,
    })
}

fn status(row: &SqliteRow, column: usize) -> Outcome<Option<u16>> {
    Ok(get::<Option<i64>>(row, column)?.and_then(|status| u16::try_from(status).ok()))
}
