//! Applying a parsed segment: a transaction closes visited URLs and admits what they link to.

use super::admit::{admit, see};
use super::codes::{get, number, of_url_id, optional, text, url_id};
use super::error::{Result, again, corrupt};
use super::tx::Tx;
use super::{PostgresStore, lease, ledger, page};
use crate::store::apply::{Changes, Open, portions};
use crate::store::codes::int;
use crate::store::ledger::Ledger;
use shared::frontier::AdmitRules;
use shared::ids::{HostId, LeaseId, RunId, UrlId};
use shared::messages::SegmentRef;
use shared::ports::store::{Applied, ParsedSegment, ParsedVisit};
use std::collections::{BTreeSet, HashMap};

pub(super) async fn apply(store: &PostgresStore, segment: ParsedSegment) -> Result<Applied> {
    let ParsedSegment { run, at, rules, visits } = segment;
    let mut applied = Applied::default();
    let portions = portions(visits);
    let last = portions.len() - 1;
    for (place, visits) in portions.into_iter().enumerate() {
        let portion = Portion { run, at: &at, rules, visits: &visits, is_last: place == last };
        let mut part = again(|| portion.apply(store)).await?;
        applied.closed.append(&mut part.closed);
        applied.admitted += part.admitted;
        applied.ready |= part.ready;
        applied.done |= part.done;
    }
    Ok(applied)
}

/// What one transaction applies.
struct Portion<'a> {
    run: RunId,
    at: &'a SegmentRef,
    rules: AdmitRules,
    visits: &'a [ParsedVisit],
    is_last: bool,
}

impl Portion<'_> {
    async fn apply(&self, store: &PostgresStore) -> Result<Applied> {
        let mut tx = store.begin().await?;
        let mut books = ledger::open(&mut tx, self.run).await?;
        let segment = self.note(&mut tx).await?;
        let mut applied = Applied::default();
        if books.state.is_over() {
            applied.closed.resize(self.visits.len(), false);
            tx.commit().await?;
            return Ok(applied);
        }
        let mut open = self.open_rows(&mut tx).await?;
        let mut changes = Changes::default();
        for visit in self.visits {
            let closed = changes.visit(&mut books, &mut open, segment, tx.now.0, visit.clone());
            applied.closed.push(closed);
        }
        applied.admitted = write(&mut tx, &mut books, self.rules, changes).await?;
        let closed = ledger::close(books, &mut tx).await?;
        (applied.ready, applied.done) = (closed.is_ready, closed.is_over);
        let leases: BTreeSet<LeaseId> = self.visits.iter().map(|visit| visit.lease).collect();
        lease::end_if_empty(&mut tx, leases).await?;
        shared::crash::point("store.in_apply");
        tx.commit().await?;
        Ok(applied)
    }

    /// Notes the segment as stored, and as applied with its last portion; returns its number.
    async fn note(&self, tx: &mut Tx) -> Result<i64> {
        let query = sqlx::query(
            "INSERT INTO segments AS s (run_id, segment_id, object, \"offset\", len, state, announced_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (run_id, segment_id) DO UPDATE SET state = greatest(s.state, excluded.state)
             RETURNING segment_no",
        );
        let query = query.bind(self.run.0).bind(self.at.segment.0).bind(text(self.at.object.clone()));
        let query = query.bind(int(self.at.offset)).bind(int(self.at.len));
        let row = tx.one(query.bind(i16::from(self.is_last)).bind(tx.now.0)).await?;
        get(&row.ok_or_else(|| corrupt("a segment without a number"))?, 0)
    }

    /// Of the visited URLs, those that are known: the open row, or None where it is closed. Open rows are
    /// locked, so that nobody leases one that is about to be closed.
    async fn open_rows(&self, tx: &mut Tx) -> Result<HashMap<UrlId, Option<Open>>> {
        let ids: Vec<_> = self.visits.iter().map(|visit| of_url_id(visit.url_id)).collect();
        let query = sqlx::query(
            "WITH s AS MATERIALIZED (
               SELECT url_id, ord FROM seen WHERE run_id = $1 AND url_id = ANY($2)),
             q AS MATERIALIZED (
               SELECT ord, host_id, lease_id FROM queue
               WHERE run_id = $1 AND ord = ANY(ARRAY(SELECT ord FROM s)) FOR UPDATE)
             SELECT s.url_id, q.ord, q.host_id, q.lease_id FROM s LEFT JOIN q ON q.ord = s.ord",
        );
        let rows = tx.all(query.bind(self.run.0).bind(ids)).await?;
        let open = |row| {
            let open = match optional(row, 1)? {
                None => None,
                ord => Some(Open { ord, host: HostId(get(row, 2)?), lease: number(row, 3)? }),
            };
            Ok((url_id(row, 0)?, open))
        };
        rows.iter().map(open).collect()
    }
}

/// Writes what the visits change; returns how many URLs were admitted.
async fn write(tx: &mut Tx, books: &mut Ledger, rules: AdmitRules, changes: Changes) -> Result<u64> {
    let run = books.run;
    if !changes.retries.is_empty() {
        let (ords, dues): (Vec<i64>, Vec<i64>) = changes.retries.into_iter().unzip();
        let query = sqlx::query(
            "UPDATE queue q SET lease_id = -1, tries = q.tries + 1, due = u.due
             FROM unnest($2::bigint[], $3::bigint[]) AS u (ord, due) WHERE q.run_id = $1 AND q.ord = u.ord",
        );
        tx.execute(query.bind(run.0).bind(ords).bind(dues)).await?;
    }
    if !changes.closed_rows.is_empty() {
        let query = sqlx::query("DELETE FROM queue WHERE run_id = $1 AND ord = ANY($2)");
        tx.execute(query.bind(run.0).bind(changes.closed_rows)).await?;
    }
    let mut admitted = 0;
    let ids: Vec<UrlId> = changes.unasked.iter().map(|(id, _)| *id).collect();
    if see(tx, books, &ids).await?.contains(&false) {
        return Err(corrupt("a URL that was not known is known"));
    }
    for (_, host) in changes.unasked {
        books.admitted(host);
        books.urls += 1;
        admitted += 1;
    }
    admitted += admit(tx, books, rules, changes.links).await?;
    page::write(tx, run, changes.closing).await?;
    Ok(admitted)
}
