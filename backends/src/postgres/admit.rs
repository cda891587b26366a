//! Admission: a URL enters a run once, in order, within the limits.

use super::codes::{count, get, number, of_url_id, text, url_id};
use super::error::Result;
use super::tx::Tx;
use crate::store::admit::{Hosts, enter, once};
use crate::store::codes::int;
use crate::store::ledger::Ledger;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, UrlId};
use std::collections::HashSet;

/// Admits those that are new; returns how many were, without the robots.txt that hosts got.
pub(super) async fn admit(
    tx: &mut Tx,
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
    insert_hosts(tx, new_hosts).await?;
    let first = books.next_ord;
    let ids: Vec<UrlId> = urls.iter().map(|url| url.url_id).collect();
    let is_new = see(tx, books, &ids).await?;
    let (admitted, rows) = enter(books, first, urls, is_new);
    insert(tx, books, rows).await?;
    Ok(admitted)
}

/// How many URLs of each host the run has.
async fn hosts(tx: &mut Tx, books: &Ledger, urls: &[Admission]) -> Result<Hosts> {
    let mut hosts = Hosts::of(books, urls);
    let ids: Vec<i64> = hosts.ids().into_iter().map(|host| host.0).collect();
    let query =
        sqlx::query("SELECT host_id, admitted FROM run_hosts WHERE run_id = $1 AND host_id = ANY($2)");
    for row in &tx.all(query.bind(books.run.0).bind(ids)).await? {
        hosts.has(HostId(get(row, 0)?), count(row, 1)?);
    }
    Ok(hosts)
}

async fn known(tx: &mut Tx, books: &Ledger, urls: &[Admission]) -> Result<HashSet<UrlId>> {
    let ids: Vec<_> = urls.iter().map(|url| of_url_id(url.url_id)).collect();
    let query = sqlx::query("SELECT url_id FROM seen WHERE run_id = $1 AND url_id = ANY($2)");
    tx.all(query.bind(books.run.0).bind(ids)).await?.iter().map(|row| url_id(row, 0)).collect()
}

async fn insert_hosts(tx: &mut Tx, mut hosts: Vec<(HostId, String)>) -> Result<()> {
    if hosts.is_empty() {
        return Ok(());
    }
    // In order, because another run may meet the same ones at this moment.
    hosts.sort_unstable();
    let (ids, origins): (Vec<i64>, Vec<String>) =
        hosts.into_iter().map(|(host, origin)| (host.0, text(origin))).unzip();
    let query = sqlx::query(
        "INSERT INTO hosts (host_id, origin)
         SELECT u.* FROM unnest($1::bigint[], $2::text[]) AS u (host_id, origin) ORDER BY u.host_id
         ON CONFLICT DO NOTHING",
    );
    tx.execute(query.bind(ids).bind(origins)).await?;
    Ok(())
}

/// Notes ids as admitted, giving each its place in the order; says of each whether it was new.
pub(super) async fn see(tx: &mut Tx, books: &mut Ledger, ids: &[UrlId]) -> Result<Vec<bool>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let first = books.next_ord;
    books.next_ord += int(ids.len() as u64);
    let places: Vec<i64> = (first..books.next_ord).collect();
    let keys: Vec<_> = ids.iter().map(|id| of_url_id(*id)).collect();
    let query = sqlx::query(
        "INSERT INTO seen (run_id, url_id, ord)
         SELECT $1, u.* FROM unnest($2::uuid[], $3::bigint[]) AS u (url_id, ord)
         ON CONFLICT DO NOTHING RETURNING ord",
    );
    let rows = tx.all(query.bind(books.run.0).bind(keys).bind(places)).await?;
    books.counts.admitted += rows.len() as u64;
    let mut is_new = vec![false; ids.len()];
    for row in &rows {
        let place = usize::try_from(number(row, 0)? - first).unwrap_or(usize::MAX);
        if let Some(new) = is_new.get_mut(place) {
            *new = true;
        }
    }
    Ok(is_new)
}

async fn insert(tx: &mut Tx, books: &Ledger, rows: Vec<(i64, Admission)>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (mut ords, mut ids, mut hosts, mut prios, mut kinds) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut depths, mut hops, mut urls, mut asked) = (vec![], vec![], vec![], vec![]);
    for (ord, url) in rows {
        ords.push(ord);
        ids.push(of_url_id(url.url_id));
        hosts.push(url.host.0);
        prios.push(i16::from(url.prio));
        kinds.push(url.kind.code());
        depths.push(i32::from(url.depth));
        hops.push(i32::from(url.hops));
        urls.push(text(url.url));
        asked.push(url.asked_url.map(text));
    }
    let query = sqlx::query(
        "INSERT INTO queue (run_id, ord, url_id, host_id, prio, kind, depth, hops, url, asked_url)
         SELECT $1, u.* FROM unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::smallint[], $6::smallint[],
           $7::integer[], $8::integer[], $9::text[], $10::text[]) AS u",
    );
    let query = query.bind(books.run.0).bind(ords).bind(ids).bind(hosts).bind(prios).bind(kinds);
    tx.execute(query.bind(depths).bind(hops).bind(urls).bind(asked)).await?;
    Ok(())
}
