//! Closing URLs: the page row, what was read from it, its records, the counters.

use super::bulk::Bulk;
use super::codes::int;
use super::error::Result;
use super::ledger::Ledger;
use super::writer::{Query, Tx};
use shared::clock::Timestamp;
use shared::ids::UrlId;
use shared::outcome::{Kind, Reason};
use shared::ports::store::{ClosedPage, NewRecord, PageEnd, ParsedPage, TallyKind};

static PAGES: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO pages (run_id, seq, url_id, kind, depth, outcome, status, fetched_at, segment_no, offset, len,
                        bytes, reason, digest, url, asked_url)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL",
    16,
);

static PARSED: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO parsed (run_id, seq, title, error, meta) SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL",
    5,
);

static RECORDS: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO records (run_id, seq, ord, rejected, data)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL",
    5,
);

/// The rows of URLs that are closed in one transaction.
#[derive(Default)]
pub(super) struct Closing {
    pages: Vec<PageRow>,
    parsed: Vec<(i64, ParsedPage)>,
    records: Vec<(i64, i64, NewRecord)>,
}

struct PageRow {
    seq: i64,
    url_id: UrlId,
    kind: Kind,
    depth: u16,
    outcome: i64,
    status: Option<u16>,
    fetched_at: Timestamp,
    segment: Option<i64>,
    record: Option<(u64, u64)>,
    bytes: u64,
    reason: Option<String>,
    digest: Option<String>,
    url: String,
    asked_url: Option<String>,
}

/// A URL that is closed without a visit.
pub(super) struct Unvisited {
    pub(super) url_id: UrlId,
    pub(super) kind: Kind,
    pub(super) depth: u16,
    pub(super) url: String,
    pub(super) asked_url: Option<String>,
}

impl Closing {
    /// Closes a visited URL. Its links and refusals are the caller's to admit.
    pub(super) fn visited(&mut self, books: &mut Ledger, url_id: UrlId, segment: i64, page: ClosedPage) {
        books.counts.closed += 1;
        books.counts.bytes += page.bytes;
        count_end(books, page.kind, page.status, &page.end);
        let seq = int(books.counts.closed);
        let (outcome, reason) = of_end(page.end);
        self.pages.push(PageRow {
            seq,
            url_id,
            kind: page.kind,
            depth: page.depth,
            outcome,
            status: page.status,
            fetched_at: page.fetched_at,
            segment: Some(segment),
            record: page.record,
            bytes: page.bytes,
            reason,
            digest: page.digest,
            url: page.url,
            asked_url: page.asked_url,
        });
        self.parsed.extend(page.parsed.map(|parsed| (seq, parsed)));
        for (ord, record) in (0..).zip(page.records) {
            match &record.rejected {
                None => books.counts.records += 1,
                Some(why) => books.rejected(why),
            }
            self.records.push((seq, ord, record));
        }
    }

    /// Closes a URL that nobody visited.
    pub(super) fn unvisited(&mut self, books: &mut Ledger, now: Timestamp, url: Unvisited, end: PageEnd) {
        books.counts.closed += 1;
        count_end(books, url.kind, None, &end);
        let (outcome, reason) = of_end(end);
        self.pages.push(PageRow {
            seq: int(books.counts.closed),
            url_id: url.url_id,
            kind: url.kind,
            depth: url.depth,
            outcome,
            status: None,
            fetched_at: now,
            segment: None,
            record: None,
            bytes: 0,
            reason,
            digest: None,
            url: url.url,
            asked_url: url.asked_url,
        });
    }

    /// Writes the rows.
    pub(super) async fn write(self, tx: &mut Tx<'_>, books: &Ledger) -> Result<()> {
        let run = books.run.0;
        let same = |q: Query| q;
        PAGES.run(tx, self.pages, same, |q, page| bind_page(q.bind(run), page)).await?;
        let bind = |q: Query, (seq, page): (i64, ParsedPage)| {
            q.bind(run).bind(seq).bind(page.title).bind(page.error).bind(page.meta)
        };
        PARSED.run(tx, self.parsed, same, bind).await?;
        let bind = |q: Query, (seq, ord, record): (i64, i64, NewRecord)| {
            q.bind(run).bind(seq).bind(ord).bind(record.rejected).bind(record.data)
        };
        RECORDS.run(tx, self.records, same, bind).await?;
        Ok(())
    }
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

fn of_end(end: PageEnd) -> (i64, Option<String>) {
    match end {
        PageEnd::Fetched => (0, None),
        PageEnd::Redirected(to) => (1, Some(to)),
        PageEnd::Failed(reason) => (2, Some(reason.to_string())),
        PageEnd::Cut(reason) => (3, Some(reason.to_string())),
    }
}

/// Names an outcome as [`of_end`] numbers it.
pub(super) fn outcome_name(code: i64) -> &'static str {
    match code {
        0 => "fetched",
        1 => "redirected",
        2 => "failed",
        _ => "cut",
    }
}

/// Counts an ending. A host's missing robots.txt is no failed page, and neither it nor a sitemap is
/// a page of the harvest; what was cut is counted whatever it was.
fn count_end(books: &mut Ledger, kind: Kind, status: Option<u16>, end: &PageEnd) {
    if let PageEnd::Cut(reason) = end {
        return books.cut(*reason, 1);
    }
    if kind == Kind::Robots {
        return;
    }
    if let (Kind::Page, Some(status)) = (kind, status) {
        books.tally(TallyKind::Status, status, 1);
    }
    match end {
        PageEnd::Fetched if kind == Kind::Page => books.counts.pages += 1,
        PageEnd::Fetched | PageEnd::Cut(_) => {}
        PageEnd::Redirected(_) => books.counts.redirected += 1,
        PageEnd::Failed(reason) => fail(books, *reason),
    }
}

fn fail(books: &mut Ledger, reason: Reason) {
    books.counts.failed += 1;
    books.tally(TallyKind::Failed, reason, 1);
}
