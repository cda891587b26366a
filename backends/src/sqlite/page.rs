//! Writing the rows of URLs that are closed: pages, what was read from them, records.

use super::bulk::Bulk;
use super::error::Result;
use super::writer::{Query, Tx};
use crate::store::codes::int;
use crate::store::ledger::Ledger;
use crate::store::page::{Closing, PageRow};
use shared::ports::store::{NewRecord, ParsedPage};

static PAGES: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO pages (run_id, seq, url_id, kind, depth, outcome, status, fetched_at, segment_no, offset, len,
                        bytes, reason, digest, url, asked_url)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL",
    16,
);

static PARSED: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO parsed (run_id, seq, title, error, meta, content)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL",
    6,
);

static RECORDS: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO records (run_id, seq, ord, rejected, data)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL",
    5,
);

/// Files pages that are closed as poison.
static LETTERS: Bulk = Bulk::new(
    "INSERT INTO dead_letters (name, filed_at, run_id, reason, url, kind, depth)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL ON CONFLICT (name) DO NOTHING",
    7,
);

/// Writes the rows of URLs that are closed.
pub(super) async fn write(tx: &mut Tx<'_>, books: &Ledger, closing: Closing) -> Result<()> {
    let run = books.run.0;
    let same = |q: Query| q;
    let now = tx.now.0;
    let letters = closing.pages.iter().filter(|page| page.is_poison()).map(PageRow::letter);
    let letters: Vec<_> = letters.collect();
    let bind = |q: Query, (seq, reason, url, kind, depth): (i64, String, String, i64, i64)| {
        let q = q.bind(format!("page:{run}:{seq}")).bind(now).bind(run);
        q.bind(reason).bind(url).bind(kind).bind(depth)
    };
    LETTERS.run(tx, letters, same, bind).await?;
    PAGES.run(tx, closing.pages, same, |q, page| bind_page(q.bind(run), page)).await?;
    let bind = |q: Query, (seq, page): (i64, ParsedPage)| {
        q.bind(run).bind(seq).bind(page.title).bind(page.error).bind(page.meta).bind(page.content)
    };
    PARSED.run(tx, closing.parsed, same, bind).await?;
    let bind = |q: Query, (seq, ord, record): (i64, i64, NewRecord)| {
        q.bind(run).bind(seq).bind(ord).bind(record.rejected).bind(record.data)
    };
    RECORDS.run(tx, closing.records, same, bind).await?;
    Ok(())
}

fn bind_page(q: Query, page: PageRow) -> Query {
    q.bind(page.seq)
        .bind(page.url_id.0.to_vec())
        .bind(i64::from(page.kind.code()))
        .bind(i64::from(page.depth))
        .bind(page.outcome)
        .bind(page.status.map(i64::from))
        .bind(page.fetched_at.0)
        .bind(page.segment)
        .bind(page.record.map(|(offset, _)| int(offset)))
        .bind(page.record.map(|(_, len)| int(len)))
        .bind(int(page.bytes))
        .bind(page.reason)
        .bind(page.digest)
        .bind(page.url)
        .bind(page.asked_url)
}
