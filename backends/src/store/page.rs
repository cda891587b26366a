//! Closing URLs: the page row, what was read from it, its records, the counters.

use super::codes::int;
use super::ledger::Ledger;
use shared::clock::Timestamp;
use shared::ids::UrlId;
use shared::outcome::{Kind, Reason};
use shared::ports::store::{ClosedPage, NewRecord, PageEnd, ParsedPage, TallyKind};

/// The rows of URLs that are closed in one transaction.
#[derive(Default)]
pub(crate) struct Closing {
    pub(crate) pages: Vec<PageRow>,
    /// With the page's `seq`.
    pub(crate) parsed: Vec<(i64, ParsedPage)>,
    /// With the page's `seq`, and the record's place on it.
    pub(crate) records: Vec<(i64, i64, NewRecord)>,
}

/// A row of `pages`.
pub(crate) struct PageRow {
    pub(crate) seq: i64,
    pub(crate) url_id: UrlId,
    pub(crate) kind: Kind,
    pub(crate) depth: u16,
    pub(crate) outcome: i64,
    pub(crate) status: Option<u16>,
    pub(crate) fetched_at: Timestamp,
    pub(crate) segment: Option<i64>,
    pub(crate) record: Option<(u64, u64)>,
    pub(crate) bytes: u64,
    pub(crate) reason: Option<String>,
    pub(crate) digest: Option<String>,
    pub(crate) url: String,
    pub(crate) asked_url: Option<String>,
}

impl PageRow {
    /// Whether those who handled it died over it.
    pub(crate) fn is_poison(&self) -> bool {
        let reason = self.reason.as_deref().and_then(|reason| reason.parse().ok());
        matches!(reason, Some(Reason::PoisonFetch | Reason::PoisonParse))
    }

    /// What a dead letter of it says: `seq`, reason, URL, kind, depth.
    pub(crate) fn letter(&self) -> (i64, String, String, i64, i64) {
        let reason = self.reason.clone().unwrap_or_default();
        (self.seq, reason, self.url.clone(), i64::from(self.kind.code()), i64::from(self.depth))
    }
}

/// A URL that is closed without a visit.
pub(crate) struct Unvisited {
    pub(crate) url_id: UrlId,
    pub(crate) kind: Kind,
    pub(crate) depth: u16,
    pub(crate) url: String,
    pub(crate) asked_url: Option<String>,
}

impl Closing {
    /// Closes a visited URL. Its links and refusals are the caller's to admit.
    pub(crate) fn visited(&mut self, books: &mut Ledger, url_id: UrlId, segment: i64, page: ClosedPage) {
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
    pub(crate) fn unvisited(&mut self, books: &mut Ledger, now: Timestamp, url: Unvisited, end: PageEnd) {
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
pub(crate) fn outcome_name(code: i64) -> &'static str {
    match code {
        0 => "fetched",
        1 => "redirected",
        2 => "failed",
        _ => "cut",
    }
}

/// The number of an outcome's name; -1 for a name that is none.
pub(crate) fn outcome_code(name: &str) -> i64 {
    match name {
        "fetched" => 0,
        "redirected" => 1,
        "failed" => 2,
        "cut" => 3,
        _ => -1,
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
