//! Admission: a URL enters a run once, in order, within the limits.

use super::bulk::Bulk;
use super::codes::{count, get, url_id};
use super::error::Result;
use super::ledger::Ledger;
use super::writer::{Query, Tx};
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, UrlId};
use shared::outcome::{Kind, Reason};
use shared::ports::store::TallyKind;
use std::collections::{HashMap, HashSet};

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
    let mut once = HashSet::with_capacity(urls.len());
    urls.retain(|url| once.insert(url.url_id));
    if urls.is_empty() || books.state.is_over() {
        return Ok(0);
    }
    let mut hosts = Hosts::of(tx, books, &urls).await?;
    if hosts.is_tight(books, rules, &urls) {
        let known: HashSet<UrlId> = known(tx, books, &urls).await?;
        urls.retain(|url| !known.contains(&url.url_id) && hosts.has_room(books, rules, url));
    }
    let first_of_host = |url: &Admission| !hosts.admitted.contains_key(&url.host);
    let mut new_hosts: Vec<(HostId, String)> = Vec::new();
    let mut met = HashSet::new();
    let mut all = Vec::with_capacity(urls.len());
    for url in urls {
        if first_of_host(&url) && met.insert(url.host) {
            new_hosts.push((url.host, url.origin.clone()));
            if rules.robots {
                all.push(robots(books, &url));
            }
        }
        all.push(url);
    }
    HOSTS.run(tx, new_hosts, |q| q, |q, (host, origin)| q.bind(host.0).bind(origin)).await?;
    insert(tx, books, all).await
}

/// A host's robots.txt, as its first URL brings it along. Its id is not that of the page
/// `/robots.txt`, which somebody may link to.
fn robots(books: &Ledger, url: &Admission) -> Admission {
    Admission {
        url_id: UrlId::of(books.run, &format!("robots:{}", url.origin)),
        url: format!("{}/robots.txt", url.origin),
        host: url.host,
        origin: url.origin.clone(),
        kind: Kind::Robots,
        depth: 0,
        hops: 0,
        prio: 0,
        asked_url: None,
    }
}

async fn insert(tx: &mut Tx<'_>, books: &mut Ledger, urls: Vec<Admission>) -> Result<u64> {
    let run = books.run.0;
    let first = books.next_ord;
    let ids: Vec<UrlId> = urls.iter().map(|url| url.url_id).collect();
    let is_new = see(tx, books, &ids).await?;
    let mut admitted = 0;
    let mut rows = Vec::with_capacity(urls.len());
    for ((url, ord), _) in urls.into_iter().zip(first..).zip(is_new).filter(|(_, new)| *new) {
        if url.kind != Kind::Robots {
            admitted += 1;
            books.urls += 1;
            books.admitted(url.host);
        }
        books.queued(url.host, 1);
        rows.push((ord, url));
    }
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
    books.next_ord += super::codes::int(ids.len() as u64);
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
struct Hosts {
    /// Hosts that the run had before, with their URLs.
    admitted: HashMap<HostId, u64>,
    /// Of each host, URLs of this batch that may enter.
    wanted: HashMap<HostId, u64>,
    /// URLs of this batch that may enter, counted while room is given.
    given: u64,
}

impl Hosts {
    async fn of(tx: &mut Tx<'_>, books: &Ledger, urls: &[Admission]) -> Result<Self> {
        let mut wanted: HashMap<HostId, u64> = HashMap::new();
        for url in urls {
            *wanted.entry(url.host).or_default() += 1;
        }
        let run = books.run.0;
        let ids: Vec<HostId> = wanted.keys().copied().collect();
        let mut admitted: HashMap<HostId, u64> =
            ids.iter().filter_map(|host| Some((*host, books.admitted_now(*host)?))).collect();
        for row in &RUN_HOSTS.read(tx.connection(), ids, |q| q.bind(run), |q, host| q.bind(host.0)).await? {
            *admitted.entry(HostId(get(row, 0)?)).or_default() += count(row, 1)?;
        }
        Ok(Hosts { admitted, wanted, given: 0 })
    }

    fn of_host(&self, host: HostId) -> u64 {
        self.admitted.get(&host).copied().unwrap_or_default()
    }

    /// Whether a limit is so near that not all of these may enter, were they all new.
    fn is_tight(&mut self, books: &Ledger, rules: AdmitRules, urls: &[Admission]) -> bool {
        let full = books.urls + urls.len() as u64 > rules.urls
            || self.wanted.iter().any(|(host, n)| self.of_host(*host) + n > rules.urls_per_host);
        self.wanted.clear();
        full
    }

    /// Gives room to a new URL, or tallies why there is none.
    fn has_room(&mut self, books: &mut Ledger, rules: AdmitRules, url: &Admission) -> bool {
        let reason = if books.urls + self.given >= rules.urls {
            Reason::RunFull
        } else if self.of_host(url.host) + self.wanted.get(&url.host).copied().unwrap_or_default()
            >= rules.urls_per_host
        {
            Reason::HostFull
        } else {
            *self.wanted.entry(url.host).or_default() += 1;
            self.given += 1;
            return true;
        };
        books.tally(TallyKind::Refused, reason, 1);
        false
    }
}
