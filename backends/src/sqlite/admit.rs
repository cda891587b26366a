//! Admission: a URL enters a run once, in order, within the limits.

use super::bulk::Bulk;
use super::codes::{count, get, url_id};
use super::error::Result;
use super::writer::{Query, Tx};
use crate::store::admit::{Hosts, enter, once};
use crate::store::codes::int;
use crate::store::ledger::Ledger;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, UrlId};
use std::collections::HashSet;

static SEEN: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO seen (run_id, url_id, ord) SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL
     ON CONFLICT DO NOTHING",
    3,
);

static NEW: Bulk = Bulk::new("SELECT ord FROM seen WHERE run_id = ? AND ord >= ? AND url_id IN ({})", 1);

static QUEUE: Bulk = Bulk::new(
    "INSERT OR ROLLBACK INTO queue (run_id, ord, url_id, host_id, prio, kind, depth, hops, url, asked_url)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL",
    10,
);

static HOSTS: Bulk = Bulk::new(
    "INSERT INTO hosts (host_id, origin) SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL
     ON CONFLICT DO NOTHING",
    2,
);

static RUN_HOSTS: Bulk =
    Bulk::new("SELECT host_id, admitted FROM run_hosts WHERE run_id = ? AND host_id IN ({})", 1);

static KNOWN: Bulk = Bulk::new("SELECT url_id FROM seen WHERE run_id = ? AND url_id IN ({})", 1);

/// Admits those that are new; returns how many were, without the robots.txt that hosts got.
pub(super) async fn admit(
    tx: &mut Tx<'_>,
    books: &mut Ledger,
    rules: AdmitRules,
    mut urls: Vec<Admission>,
) -> Result<u64> {
    once(&mut urls);
    if urls.is_empty() || books.state.is_over() {
        return Ok(0);
    }
    let mut hosts = hosts(tx, books, &urls).await?;
    if hosts.is_tight(books, rules, &urls) {
        let known: HashSet<UrlId> = known(tx, books, &urls).await?;
        urls.retain(|url| !known.contains(&url.url_id) && hosts.has_room(books, rules, url));
    }
    let (new_hosts, urls) = hosts.arrive(books, rules, urls);
    HOSTS.run(tx, new_hosts, |q| q, |q, (host, origin)| q.bind(host.0).bind(origin)).await?;
    insert(tx, books, urls).await
}

async fn insert(tx: &mut Tx<'_>, books: &mut Ledger, urls: Vec<Admission>) -> Result<u64> {
    let run = books.run.0;
    let first = books.next_ord;
    let ids: Vec<UrlId> = urls.iter().map(|url| url.url_id).collect();
    let is_new = see(tx, books, &ids).await?;
    let (admitted, rows) = enter(books, first, urls, is_new);
    QUEUE
        .run(
            tx,
            rows,
            |q| q,
            |q, (ord, url)| {
                q.bind(run)
                    .bind(ord)
                    .bind(url.url_id.0.to_vec())
                    .bind(url.host.0)
                    .bind(i64::from(url.prio))
                    .bind(i64::from(url.kind.code()))
                    .bind(i64::from(url.depth))
                    .bind(i64::from(url.hops))
                    .bind(url.url)
                    .bind(url.asked_url)
            },
        )
        .await?;
    Ok(admitted)
}

/// Notes ids as admitted, giving each its place in the order; says of each whether it was new.
pub(super) async fn see(tx: &mut Tx<'_>, books: &mut Ledger, ids: &[UrlId]) -> Result<Vec<bool>> {
    let run = books.run.0;
    let first = books.next_ord;
    let places = ids.iter().zip(first..).collect::<Vec<_>>();
    let bind = |q: Query, (id, ord): (&UrlId, i64)| q.bind(run).bind(id.0.to_vec()).bind(ord);
    let new = SEEN.run(tx, places, |q| q, bind).await?;
    let mut is_new = vec![new == ids.len() as u64; ids.len()];
    if new > 0 && new < ids.len() as u64 {
        // The usual callers have left out what they know, so that this is rarely asked.
        let which = NEW
            .read(tx.connection(), ids, |q| q.bind(run).bind(first), |q, id| q.bind(id.0.to_vec()))
            .await?;
        for row in &which {
            let place = usize::try_from(get::<i64>(row, 0)? - first).unwrap_or(usize::MAX);
            if let Some(new) = is_new.get_mut(place) {
                *new = true;
            }
        }
    }
    books.next_ord += int(ids.len() as u64);
    books.counts.admitted += new;
    Ok(is_new)
}

async fn known(tx: &mut Tx<'_>, books: &Ledger, urls: &[Admission]) -> Result<HashSet<UrlId>> {
    let run = books.run.0;
    let rows =
        KNOWN.read(tx.connection(), urls, |q| q.bind(run), |q, url| q.bind(url.url_id.0.to_vec())).await?;
    rows.iter().map(|row| url_id(row, 0)).collect()
}

/// How many URLs of each host the run has.
async fn hosts(tx: &mut Tx<'_>, books: &Ledger, urls: &[Admission]) -> Result<Hosts> {
    let mut hosts = Hosts::of(books, urls);
    let run = books.run.0;
    let ids = hosts.ids();
    for row in &RUN_HOSTS.read(tx.connection(), ids, |q| q.bind(run), |q, host| q.bind(host.0)).await? {
        hosts.has(HostId(get(row, 0)?), count(row, 1)?);
    }
    Ok(hosts)
}
