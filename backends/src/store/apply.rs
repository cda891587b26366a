//! Applying a parsed segment: cutting it into transactions, and what each visit changes.

use super::codes::{RETRIES, WAITS, ms};
use super::ledger::Ledger;
use super::page::Closing;
use shared::frontier::Admission;
use shared::ids::{HostId, UrlId};
use shared::ports::store::{ClosedPage, Ending, ParsedPage, ParsedVisit, TallyKind};
use std::collections::HashMap;

/// Links that one transaction considers.
const LINKS: usize = 20_000;
/// Bytes of text that one transaction writes.
const BYTES: usize = 16 << 20;

/// Cuts visits into portions of one transaction each; at least one, though it be empty.
pub(crate) fn portions(visits: Vec<ParsedVisit>) -> Vec<Vec<ParsedVisit>> {
    let mut portions = vec![Vec::new()];
    let (mut links, mut bytes) = (0, 0);
    for visit in visits {
        let (more_links, more_bytes) = weight(&visit);
        links += more_links;
        bytes += more_bytes;
        match portions.last_mut() {
            Some(last) if last.is_empty() || links <= LINKS && bytes <= BYTES => last.push(visit),
            _ => {
                (links, bytes) = (more_links, more_bytes);
                portions.push(vec![visit]);
            }
        }
    }
    portions
}

/// How much a visit adds to a transaction: links, bytes of text.
fn weight(visit: &ParsedVisit) -> (usize, usize) {
    match &visit.ending {
        Ending::Retry { .. } => (0, 0),
        Ending::Closed(page) => {
            let links: usize = page.links.iter().map(|link| link.url.len()).sum();
            let records: usize = page.records.iter().map(|record| record.data.len()).sum();
            let size =
                |parsed: &ParsedPage| parsed.meta.len() + parsed.content.as_ref().map_or(0, String::len);
            let parsed = page.parsed.as_ref().map_or(0, size);
            (page.links.len(), links + records + parsed)
        }
    }
}

/// An open row, as far as closing it needs.
#[derive(Clone, Copy)]
pub(crate) struct Open {
    /// None: admitted just now, and never written to the queue.
    pub(crate) ord: Option<i64>,
    pub(crate) host: HostId,
    pub(crate) lease: i64,
}

/// What the visits of a portion change.
#[derive(Default)]
pub(crate) struct Changes {
    /// Places of rows that are closed.
    pub(crate) closed_rows: Vec<i64>,
    /// Places of rows that are tried again, and when.
    pub(crate) retries: Vec<(i64, i64)>,
    /// Ends of redirects, admitted and closed at once.
    pub(crate) unasked: Vec<(UrlId, HostId)>,
    pub(crate) links: Vec<Admission>,
    pub(crate) closing: Closing,
}

impl Changes {
    /// Takes one visit; whether it closes its URL. `open` has of the visited URLs those that are known:
    /// the open row, or None where it is closed.
    pub(crate) fn visit(
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
                    Some(Open { ord: None, host: url.host, lease: WAITS })
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
                if row.ord.is_some() && row.lease == WAITS {
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
                    open.insert(id, Some(Open { lease: RETRIES, ..row }));
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
}
