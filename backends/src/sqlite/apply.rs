//! Applying a parsed segment: a transaction closes visited URLs and admits what they link to.

use super::admit::{admit, see};
use super::bulk::Bulk;
use super::codes::{array, get};
use super::error::{Result, corrupt};
use super::ledger::{self, books};
use super::writer::{Lasts, Query, Tx};
use super::{SqliteStore, lease, page};
use crate::store::apply::{Changes, Open, portions};
use crate::store::codes::int;
use crate::store::ledger::Ledger;
use crate::store::no_such;
use shared::clock::Timestamp;
use shared::frontier::AdmitRules;
use shared::ids::{HostId, LeaseId, RunId, UrlId};
use shared::messages::SegmentRef;
use shared::ports::store::{Applied, ParsedSegment, ParsedVisit};
use std::collections::{BTreeSet, HashMap};

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
    let portions = portions(visits);
    let last = portions.len() - 1;
    for (place, visits) in portions.into_iter().enumerate() {
        Portion { run, at: &at, rules, visits, is_last: place == last }.apply(store, &mut applied).await?;
    }
    Ok(applied)
}

/// What one transaction applies.
struct Portion<'a> {
    run: RunId,
    at: &'a SegmentRef,
    rules: AdmitRules,
    visits: Vec<ParsedVisit>,
    is_last: bool,
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
        applied.admitted += write(&mut tx, &mut books, self.rules, changes).await?;
        // Whoever looks is in this process: a look too many costs little.
        applied.ready = applied.admitted > 0;
        applied.done |= ledger::write(&mut books, &mut tx).await?;
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
        let [segment, books] = &rows[..] else { return Err(no_such(self.run).into()) };
        let books = ledger::of_row(self.run, books)?;
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

/// Writes what the visits change; returns how many URLs were admitted.
async fn write(tx: &mut Tx<'_>, books: &mut Ledger, rules: AdmitRules, changes: Changes) -> Result<u64> {
    let run = books.run;
    let retries = changes.retries.into_iter();
    RETRY.run(tx, retries, |q| q, |q, (ord, due)| q.bind(run.0).bind(ord).bind(due)).await?;
    CLOSE.run(tx, changes.closed_rows, |q| q.bind(run.0), |q, ord| q.bind(ord)).await?;
    let mut admitted = 0;
    let ids: Vec<UrlId> = changes.unasked.iter().map(|(id, _)| *id).collect();
    let is_new = see(tx, books, &ids).await?;
    if is_new.contains(&false) {
        return Err(corrupt("a URL that was not known is known"));
    }
    for (_, host) in changes.unasked {
        books.admitted(host);
        books.urls += 1;
        admitted += 1;
    }
    admitted += admit(tx, books, rules, changes.links).await?;
    page::write(tx, books, changes.closing).await?;
    Ok(admitted)
}
