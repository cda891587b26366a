//! Writing the rows of URLs that are closed: pages, what was read from them, records.

use super::codes::{of_url_id, text};
use super::error::Result;
use super::tx::Tx;
use crate::store::codes::int;
use crate::store::page::{Closing, PageRow};
use shared::ids::RunId;
use shared::ports::store::{NewRecord, ParsedPage};

/// Writes the rows of URLs that are closed.
pub(super) async fn write(tx: &mut Tx, run: RunId, closing: Closing) -> Result<()> {
    write_letters(tx, run, &closing.pages).await?;
    write_pages(tx, run, closing.pages).await?;
    write_parsed(tx, run, closing.parsed).await?;
    write_records(tx, run, closing.records).await
}

/// Files pages that are closed as poison.
async fn write_letters(tx: &mut Tx, run: RunId, pages: &[PageRow]) -> Result<()> {
    let (mut names, mut reasons, mut urls, mut kinds, mut depths) = (vec![], vec![], vec![], vec![], vec![]);
    for (seq, reason, url, kind, depth) in pages.iter().filter(|page| page.is_poison()).map(PageRow::letter) {
        names.push(format!("page:{run}:{seq}"));
        reasons.push(text(reason));
        urls.push(text(url));
        kinds.push(kind);
        depths.push(depth);
    }
    if names.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(
        "INSERT INTO dead_letters (run_id, filed_at, name, reason, url, kind, depth)
         SELECT $1, $2, u.* FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[]) AS u
         ON CONFLICT (name) DO NOTHING",
    );
    let query = query.bind(run.0).bind(tx.now.0).bind(names).bind(reasons).bind(urls);
    tx.execute(query.bind(kinds).bind(depths)).await?;
    Ok(())
}

async fn write_pages(tx: &mut Tx, run: RunId, pages: Vec<PageRow>) -> Result<()> {
    if pages.is_empty() {
        return Ok(());
    }
    let (mut seqs, mut ids, mut kinds, mut depths, mut outcomes) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut statuses, mut times, mut segments, mut offsets, mut lens) =
        (vec![], vec![], vec![], vec![], vec![]);
    let (mut bytes, mut reasons, mut digests, mut urls, mut asked) = (vec![], vec![], vec![], vec![], vec![]);
    for page in pages {
        seqs.push(page.seq);
        ids.push(of_url_id(page.url_id));
        kinds.push(page.kind.code());
        depths.push(i32::from(page.depth));
        outcomes.push(page.outcome);
        statuses.push(page.status.map(i32::from));
        times.push(page.fetched_at.0);
        segments.push(page.segment);
        offsets.push(page.record.map(|(offset, _)| int(offset)));
        lens.push(page.record.map(|(_, len)| int(len)));
        bytes.push(int(page.bytes));
        reasons.push(page.reason.map(text));
        digests.push(page.digest.map(text));
        urls.push(text(page.url));
        asked.push(page.asked_url.map(text));
    }
    let query = sqlx::query(
        "INSERT INTO pages (run_id, seq, url_id, kind, depth, outcome, status, fetched_at, segment_no, \"offset\",
                            len, bytes, reason, digest, url, asked_url)
         SELECT $1, u.* FROM unnest($2::bigint[], $3::uuid[], $4::smallint[], $5::integer[], $6::bigint[],
           $7::integer[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[],
           $14::text[], $15::text[], $16::text[]) AS u",
    );
    let query = query.bind(run.0).bind(seqs).bind(ids).bind(kinds).bind(depths).bind(outcomes).bind(statuses);
    let query = query.bind(times).bind(segments).bind(offsets).bind(lens).bind(bytes).bind(reasons);
    tx.execute(query.bind(digests).bind(urls).bind(asked)).await?;
    Ok(())
}

async fn write_parsed(tx: &mut Tx, run: RunId, parsed: Vec<(i64, ParsedPage)>) -> Result<()> {
    if parsed.is_empty() {
        return Ok(());
    }
    let (mut seqs, mut titles, mut errors, mut metas, mut contents) =
        (vec![], vec![], vec![], vec![], vec![]);
    for (seq, page) in parsed {
        seqs.push(seq);
        titles.push(page.title.map(text));
        errors.push(page.error.map(text));
        metas.push(text(page.meta));
        contents.push(page.content.map(text));
    }
    let query = sqlx::query(
        "INSERT INTO parsed (run_id, seq, title, error, meta, content)
         SELECT $1, u.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[]) AS u",
    );
    let query = query.bind(run.0).bind(seqs).bind(titles).bind(errors).bind(metas);
    tx.execute(query.bind(contents)).await?;
    Ok(())
}

async fn write_records(tx: &mut Tx, run: RunId, records: Vec<(i64, i64, NewRecord)>) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let (mut seqs, mut ords, mut rejected, mut data) = (vec![], vec![], vec![], vec![]);
    for (seq, ord, record) in records {
        seqs.push(seq);
        ords.push(ord);
        rejected.push(record.rejected.map(text));
        data.push(text(record.data));
    }
    let query = sqlx::query(
        "INSERT INTO records (run_id, seq, ord, rejected, data)
         SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS u",
    );
    tx.execute(query.bind(run.0).bind(seqs).bind(ords).bind(rejected).bind(data)).await?;
    Ok(())
}
