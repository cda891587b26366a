//! Applying a parsed segment: a transaction closes visited URLs and admits what they link to.

use super::admit::{admit, see};
use super::bulk::Bulk;
use super::codes::{array, get, int, ms};
use super::error::{Result, corrupt};
use super::ledger::{Ledger, books, no_such};
use super::page::Closing;
use super::writer::{Lasts, Query, Tx};
use super::{SqliteStore, lease};
use shared::clock::Timestamp;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, LeaseId, RunId, UrlId};
use shared::messages::SegmentRef;
use shared::ports::store::{Applied, ClosedPage, Ending, ParsedSegment, ParsedVisit, TallyKind};
use std::collections::{BTreeSet, HashMap};

/// Links that one transaction considers.
const LINKS: usize = 20_000;
/// Bytes of text that one transaction writes.
const BYTES: usize = 16 << 20;

static OPEN: Bulk = Bulk::new(
    "SELECT json_group_array(json_array(lower(hex(s.url_id)), q.ord, q.host_id, q.lease_id))
     FROM (VALUES {}) v CROSS JOIN seen s ON s.run_id = v.column1 AND s.url_id = v.column2
     LEFT JOIN queue q ON q.run_id = s.run_id AND q.ord = s.ord",
    2,
);

static CLOSE: Bulk = Bulk::new("DELETE FROM queue WHERE run_id = ? AND ord IN ({})", 1);

static RETRY: Bulk = Bulk::new(
    "UPDATE OR ROLLBACK queue SET lease_id = -1, tries = tries + 1, due = v.column3 FROM (VALUES {}) v
     WHERE queue.run_id = v.column1 AND queue.ord = v.column2",
    3,
);

pub(super) async fn apply(store: &SqliteStore, segment: ParsedSegment) -> Result<Applied> {
    let ParsedSegment { run, at, rules, visits } = segment;
    let mut applied = Applied::default();
    let mut visits = visits.into_iter().peekable();
    loop {
        let mut portion = Vec::new();
        let (mut links, mut bytes) = (0, 0);
        while let Some(visit) = visits.next_if(|visit| {
            let (more_links, more_bytes) = weight(visit);
            links += more_links;
            bytes += more_bytes;
            portion.is_empty() || links <= LINKS && bytes <= BYTES
        }) {
            portion.push(visit);
        }
        let is_last = visits.peek().is_none();
        Portion { run, at: &at, rules, visits: portion, is_last }.apply(store, &mut applied).await?;
        if is_last {
            return Ok(applied);
        }
    }
}

/// How much a visit adds to a transaction: links, bytes of text.
fn weight(visit: &ParsedVisit) -> (usize, usize) {
    match &visit.ending {
        Ending::Retry { .. } => (0, 0),
        Ending::Closed(page) => {
            let links: usize = page.links.iter().map(|link| link.url.len()).sum();
            let records: usize = page.records.iter().map(|record| record.data.len()).sum();
            let meta = page.parsed.as_ref().map_or(0, |parsed| parsed.meta.len());
            (page.links.len(), links + records + meta)
        }
    }
}

/// What one transaction applies.
struct Portion<'a> {
    run: RunId,
    at: &'a SegmentRef,
    rules: AdmitRules,
    visits: Vec<ParsedVisit>,
    is_last: bool,
}

/// An open row, as far as closing it needs.
#[derive(Clone, Copy)]
struct Open {
    /// None: admitted just now, and never written to the queue.
    ord: Option<i64>,
    host: HostId,
    lease: i64,
}

/// What the visits of a portion change.
#[derive(Default)]
struct Changes {
    closed_rows: Vec<i64>,
    retries: Vec<(i64, i64)>,
    /// Ends of redirects, admitted and closed at once.
    unasked: Vec<(UrlId, HostId)>,
    links: Vec<Admission>,
    closing: Closing,
}

impl Portion<'_> {
    async fn apply(self, store: &SqliteStore, applied: &mut Applied) -> Result<()> {
        let (mut tx, segment, mut books) = self.begin(store).await?;
        if books.state.is_over() {
            applied.closed.extend(self.visits.iter().map(|_| false));
            return tx.commit().await;
        }
        let mut open = self.open_rows(&mut tx).await?;
        let leases: BTreeSet<LeaseId> = self.visits.iter().map(|visit| visit.lease).collect();
        let mut changes = Changes::default();
        for visit in self.visits {
            applied.closed.push(changes.visit(&mut books, &mut open, segment, tx.now.0, visit));
        }
        applied.admitted += changes.write(&mut tx, &mut books, self.run, self.rules).await?;
        applied.done |= books.write(&mut tx).await?;
        lease::commit(tx, &books, leases).await
    }

    /// Begins, notes the segment as stored, and as applied with its last portion; opens the books.
    async fn begin<'a>(&self, store: &'a SqliteStore) -> Result<(Tx<'a>, i64, Ledger)> {
        let first = |now: Timestamp| {
            let query = sqlx::query(concat!(
                "BEGIN IMMEDIATE;
                 INSERT INTO segments (run_id, segment_id, object, offset, len, state, announced_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (run_id, segment_id) DO UPDATE SET state = max(state, excluded.state)
                 RETURNING segment_no; ",
                books!()
            ));
            let query = bind_segment(query.bind(self.run.0), self.at);
            query.bind(i64::from(self.is_last)).bind(now.0).bind(self.run.0)
        };
        let (tx, rows) = store.begin_with(Lasts::PowerLoss, first).await?;
        let [segment, books] = &rows[..] else { return Err(no_such(self.run)) };
        let books = Ledger::of_row(self.run, books)?;
        Ok((tx, get(segment, 0)?, books))
    }

    /// Of the visited URLs, those that are known: the open row, or None where it is closed.
    async fn open_rows(&self, tx: &mut Tx<'_>) -> Result<HashMap<UrlId, Option<Open>>> {
        let run = self.run.0;
        let rows = OPEN
            .read(tx.connection(), &self.visits, |q| q, |q, visit| q.bind(run).bind(visit.url_id.0.to_vec()))
            .await?;
        type Columns = (UrlId, Option<i64>, Option<i64>, Option<i64>);
        let rows: Vec<Columns> = array(&rows)?;
        let open = |(url_id, ord, host, lease)| {
            let open = match (ord, host, lease) {
                (Some(_), Some(host), Some(lease)) => Some(Open { ord, host: HostId(host), lease }),
                _ => None,
            };
            (url_id, open)
        };
        Ok(rows.into_iter().map(open).collect())
    }
}

/// Binds what of a segment its reference says.
pub(super) fn bind_segment(query: Query, at: &SegmentRef) -> Query {
    query
        .bind(at.segment.0.as_bytes().to_vec())
        .bind(at.object.clone())
        .bind(int(at.offset))
        .bind(int(at.len))
}

impl Changes {
    /// Takes one visit; whether it closes its URL.
    fn visit(
        &mut self,
        books: &mut Ledger,
        open: &mut HashMap<UrlId, Option<Open>>,
        segment: i64,
        now: i64,
        visit: ParsedVisit,
    ) -> bool {
        let id = visit.url_id;
        let row = match (open.get(&id).copied(), visit.unasked) {
            (Some(row), _) => row,
            (None, Some(url)) => match &visit.ending {
                Ending::Closed(_) => {
                    self.unasked.push((id, url.host));
                    Some(Open { ord: None, host: url.host, lease: 0 })
                }
                Ending::Retry { .. } => {
                    self.links.push(url);
                    None
                }
            },
            (None, None) => None,
        };
        let Some(row) = row else { return false };
        match visit.ending {
            Ending::Closed(page) => {
                if row.ord.is_some() && row.lease == super::codes::WAITS {
                    books.queued(row.host, -1);
                }
                self.closed_rows.extend(row.ord);
                open.insert(id, None);
                self.close(books, id, segment, *page);
                true
            }
            Ending::Retry { due_in, .. } => {
                if let Some(ord) = row.ord.filter(|_| row.lease > 0 && row.lease == visit.lease.0) {
                    self.retries.push((ord, now.saturating_add(ms(due_in))));
                    open.insert(id, Some(Open { lease: super::codes::RETRIES, ..row }));
                }
                false
            }
        }
    }

    fn close(&mut self, books: &mut Ledger, id: UrlId, segment: i64, mut page: ClosedPage) {
        self.links.append(&mut page.links);
        for (reason, n) in page.refused.drain(..) {
            books.tally(TallyKind::Refused, reason, u64::from(n));
        }
        self.closing.visited(books, id, segment, page);
    }

    /// Writes it all; returns how many URLs were admitted.
    async fn write(self, tx: &mut Tx<'_>, books: &mut Ledger, run: RunId, rules: AdmitRules) -> Result<u64> {
        let retries = self.retries.into_iter();
        RETRY.run(tx, retries, |q| q, |q, (ord, due)| q.bind(run.0).bind(ord).bind(due)).await?;
        CLOSE.run(tx, self.closed_rows, |q| q.bind(run.0), |q, ord| q.bind(ord)).await?;
        let mut admitted = 0;
        let ids: Vec<UrlId> = self.unasked.iter().map(|(id, _)| *id).collect();
        let is_new = see(tx, books, &ids).await?;
        if is_new.contains(&false) {
            return Err(corrupt("a URL that was not known is known"));
        }
        for (_, host) in self.unasked {
            books.admitted(host);
            books.urls += 1;
            admitted += 1;
        }
        admitted += admit(tx, books, rules, self.links).await?;
        self.closing.write(tx, books).await?;
        Ok(admitted)
    }
}
