//! Admission: which URLs of a batch may enter, and what they bring along.

use super::ledger::Ledger;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, UrlId};
use shared::outcome::{Kind, Reason};
use shared::ports::store::TallyKind;
use std::collections::{HashMap, HashSet};

/// Of each URL the first.
pub(crate) fn once(urls: &mut Vec<Admission>) {
    let mut once = HashSet::with_capacity(urls.len());
    urls.retain(|url| once.insert(url.url_id));
}

/// How many URLs of each host the run has.
pub(crate) struct Hosts {
    /// Hosts that the run had before, with their URLs.
    admitted: HashMap<HostId, u64>,
    /// Of each host, URLs of this batch that may enter.
    wanted: HashMap<HostId, u64>,
    /// URLs of this batch that may enter, counted while room is given.
    given: u64,
}

impl Hosts {
    /// The hosts of a batch, with what the books of this transaction know about them.
    pub(crate) fn of(books: &Ledger, urls: &[Admission]) -> Self {
        let mut wanted: HashMap<HostId, u64> = HashMap::new();
        for url in urls {
            *wanted.entry(url.host).or_default() += 1;
        }
        let admitted = wanted.keys().filter_map(|host| Some((*host, books.admitted_now(*host)?))).collect();
        Hosts { admitted, wanted, given: 0 }
    }

    /// The hosts whose rows are to be read.
    pub(crate) fn ids(&self) -> Vec<HostId> {
        self.wanted.keys().copied().collect()
    }

    /// What the row of a host says.
    pub(crate) fn has(&mut self, host: HostId, admitted: u64) {
        *self.admitted.entry(host).or_default() += admitted;
    }

    fn of_host(&self, host: HostId) -> u64 {
        self.admitted.get(&host).copied().unwrap_or_default()
    }

    /// Whether a limit is so near that not all of these may enter, were they all new.
    pub(crate) fn is_tight(&mut self, books: &Ledger, rules: AdmitRules, urls: &[Admission]) -> bool {
        let full = books.urls + urls.len() as u64 > rules.urls
            || self.wanted.iter().any(|(host, n)| self.of_host(*host) + n > rules.urls_per_host);
        self.wanted.clear();
        full
    }

    /// Gives room to a new URL, or tallies why there is none.
    pub(crate) fn has_room(&mut self, books: &mut Ledger, rules: AdmitRules, url: &Admission) -> bool {
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

    /// The hosts that are new to the run, with their origins, and the URLs with what these hosts bring
    /// along in front of their first URL.
    pub(crate) fn arrive(
        &self,
        books: &Ledger,
        rules: AdmitRules,
        urls: Vec<Admission>,
    ) -> (Vec<(HostId, String)>, Vec<Admission>) {
        let mut new: Vec<(HostId, String)> = Vec::new();
        let mut met = HashSet::new();
        let mut all = Vec::with_capacity(urls.len());
        for url in urls {
            if !self.admitted.contains_key(&url.host) && met.insert(url.host) {
                new.push((url.host, url.origin.clone()));
                if rules.robots {
                    all.push(robots(books, &url));
                }
            }
            all.push(url);
        }
        (new, all)
    }
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

/// Notes those that are new; returns how many there are without robots.txt, and their rows, each with
/// its place in the order of admission.
pub(crate) fn enter(
    books: &mut Ledger,
    first: i64,
    urls: Vec<Admission>,
    is_new: Vec<bool>,
) -> (u64, Vec<(i64, Admission)>) {
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
    (admitted, rows)
}
