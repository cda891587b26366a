//! The port [`Reads`].

use super::PostgresStore;
use super::codes::{count, get, number, optional, small, text, url_id};
use super::error::{Result as Outcome, again};
use crate::store::codes::int;
use crate::store::page::{outcome_code, outcome_name};
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::outcome::Kind;
use shared::ports::StoreError;
use shared::ports::store::{PageRow, PageSelection, Reads, RecordRow, RecordSelection};
use sqlx::postgres::PgRow;

#[async_trait]
impl Reads for PostgresStore {
    async fn records(&self, selection: RecordSelection) -> Result<Vec<RecordRow>, StoreError> {
        Ok(again(|| records(self, &selection)).await?)
    }

    async fn pages(&self, selection: PageSelection) -> Result<Vec<PageRow>, StoreError> {
        Ok(again(|| pages(self, &selection)).await?)
    }

    async fn contents(&self, run: RunId, seqs: &[u64]) -> Result<Vec<(u64, String)>, StoreError> {
        Ok(again(|| contents(self, run, seqs)).await?)
    }
}

/// Reads records with their pages.
macro_rules! records {
    ($which:literal) => {
        concat!(
            "SELECT r.seq, r.ord, r.data, r.rejected, p.url, p.asked_url, p.status, p.fetched_at
             FROM records r JOIN pages p ON p.run_id = r.run_id AND p.seq = r.seq
             WHERE r.run_id = $1 AND r.version = coalesce($5::bigint, (SELECT version FROM runs WHERE run_id = $1))
               AND (r.seq, r.ord) > ($2, $3) AND ",
            $which,
            " ORDER BY r.seq, r.ord LIMIT $4"
        )
    };
}

async fn records(store: &PostgresStore, selection: &RecordSelection) -> Outcome<Vec<RecordRow>> {
    // Two texts, because each has an index of its own.
    let valid = records!("r.rejected IS NULL");
    let rejected = records!("r.rejected IS NOT NULL");
    let (seq, ord) = selection.after.map_or((-1, -1), |(seq, ord)| (int(seq), i64::from(ord)));
    let query = sqlx::query(if selection.valid { valid } else { rejected });
    let query = query.bind(selection.run.0).bind(seq).bind(ord).bind(i64::from(selection.limit));
    let query = query.bind(selection.version.map(i64::from));
    store.all(query).await?.iter().map(record).collect()
}

fn record(row: &PgRow) -> Outcome<RecordRow> {
    let (final_url, asked_url): (String, Option<String>) = (get(row, 4)?, get(row, 5)?);
    Ok(RecordRow {
        seq: count(row, 0)?,
        ord: small(row, 1)?,
        data: get(row, 2)?,
        rejected: get(row, 3)?,
        url: asked_url.unwrap_or_else(|| final_url.clone()),
        final_url,
        status: status(row, 6)?,
        fetched_at: Timestamp(number(row, 7)?),
    })
}

async fn contents(store: &PostgresStore, run: RunId, seqs: &[u64]) -> Outcome<Vec<(u64, String)>> {
    let query = sqlx::query(
        "SELECT seq, content FROM parsed WHERE run_id = $1 AND seq = ANY($2) AND content IS NOT NULL
           AND version = (SELECT version FROM runs WHERE run_id = $1) ORDER BY seq",
    );
    let seqs: Vec<i64> = seqs.iter().map(|seq| int(*seq)).collect();
    let rows = store.all(query.bind(run.0).bind(seqs)).await?;
    rows.iter().map(|row| Ok((count(row, 0)?, get(row, 1)?))).collect()
}

async fn pages(store: &PostgresStore, selection: &PageSelection) -> Outcome<Vec<PageRow>> {
    let filter = &selection.filter;
    let query = sqlx::query(
        "SELECT p.seq, p.url_id, p.kind, p.url, p.asked_url, p.status, p.outcome, p.reason, p.depth, s.object,
                p.\"offset\", p.len, p.digest, p.fetched_at, d.title, d.meta
         FROM pages p LEFT JOIN segments s ON s.segment_no = p.segment_no
         LEFT JOIN parsed d ON d.run_id = p.run_id AND d.seq = p.seq
           AND d.version = coalesce($8::bigint, (SELECT version FROM runs WHERE run_id = $1))
         WHERE p.run_id = $1 AND p.seq > $2 AND ($4::bigint IS NULL OR p.outcome = $4)
           AND ($5::integer IS NULL OR p.status = $5) AND ($6::text IS NULL OR p.reason = $6)
           AND ($7::text IS NULL OR starts_with(p.url, $7))
         ORDER BY p.seq LIMIT $3",
    );
    let query = query.bind(selection.run.0).bind(selection.after.map_or(-1, int));
    let query = query
        .bind(i64::from(selection.limit))
        .bind(filter.outcome.as_deref().map(outcome_code))
        .bind(filter.status.map(i32::from))
        .bind(filter.reason.clone().map(text))
        .bind(filter.url_prefix.clone().map(text))
        .bind(selection.version.map(i64::from));
    store.all(query).await?.iter().map(page).collect()
}

fn page(row: &PgRow) -> Outcome<PageRow> {
    Ok(PageRow {
        seq: count(row, 0)?,
        url_id: url_id(row, 1)?,
        kind: Kind::from_code(get(row, 2)?),
        url: get(row, 3)?,
        asked_url: get(row, 4)?,
        status: status(row, 5)?,
        outcome: outcome_name(number(row, 6)?).to_owned(),
        reason: get(row, 7)?,
        depth: small(row, 8)?,
        object: get(row, 9)?,
        offset: optional(row, 10)?.map(i64::unsigned_abs),
        len: optional(row, 11)?.map(i64::unsigned_abs),
        digest: get(row, 12)?,
        fetched_at: Timestamp(number(row, 13)?),
        title: get(row, 14)?,
        meta: get(row, 15)?,
    })
}

fn status(row: &PgRow, column: usize) -> Outcome<Option<u16>> {
    Ok(optional(row, column)?.and_then(|status| u16::try_from(status).ok()))
}
