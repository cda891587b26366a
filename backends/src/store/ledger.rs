//! A run's books within one transaction: what changes is noted here and written once, at the end.

use super::codes::int;
use shared::ids::{HostId, RunId};
use shared::outcome::Reason;
use shared::ports::store::{RunCounts, RunState, TallyKind};
use std::collections::BTreeMap;

/// Names under which rejected records of one run are counted; more go under `other`.
pub(crate) const REJECTED_NAMES: u64 = 1000;
/// Characters of such a name.
const NAME_LENGTH: usize = 100;

/// The run's counters and what is to be written about it.
pub(crate) struct Ledger {
    pub(crate) run: RunId,
    pub(crate) state: RunState,
    pub(crate) counts: RunCounts,
    /// URLs admitted, without what the program itself admits.
    pub(crate) urls: u64,
    /// The next place in the order of admission.
    pub(crate) next_ord: i64,
    hosts: BTreeMap<HostId, HostChange>,
    tallies: BTreeMap<(TallyKind, String), u64>,
}

/// What changes of a host of the run.
#[derive(Default)]
pub(crate) struct HostChange {
    pub(crate) queued: i64,
    pub(crate) admitted: u64,
}

impl Ledger {
    /// The books as they stand before anything changes.
    pub(crate) fn new(run: RunId, state: RunState, counts: RunCounts, urls: u64, next_ord: i64) -> Self {
        Ledger { run, state, counts, urls, next_ord, hosts: BTreeMap::new(), tallies: BTreeMap::new() }
    }

    pub(crate) fn tally(&mut self, kind: TallyKind, key: impl std::fmt::Display, n: u64) {
        if n > 0 {
            *self.tallies.entry((kind, key.to_string())).or_default() += n;
        }
    }

    /// A record was kept apart.
    pub(crate) fn rejected(&mut self, why: &str) {
        self.counts.rejected += 1;
        let key = why.chars().take(NAME_LENGTH).collect();
        *self.tallies.entry((TallyKind::Rejected, key)).or_default() += 1;
    }

    /// URLs were closed without a request.
    pub(crate) fn cut(&mut self, reason: Reason, n: u64) {
        self.counts.cut += n;
        self.tally(TallyKind::Cut, reason, n);
    }

    /// The number of rows of a host that wait has changed.
    pub(crate) fn queued(&mut self, host: HostId, by: i64) {
        self.hosts.entry(host).or_default().queued += by;
    }

    /// A URL of a host was admitted.
    pub(crate) fn admitted(&mut self, host: HostId) {
        self.hosts.entry(host).or_default().admitted += 1;
    }

    /// URLs of a host admitted in this transaction; None: nothing is noted about it.
    pub(crate) fn admitted_now(&self, host: HostId) -> Option<u64> {
        self.hosts.get(&host).map(|change| change.admitted)
    }

    /// The changes of hosts, to be written; in order of their ids.
    pub(crate) fn take_hosts(&mut self) -> BTreeMap<HostId, HostChange> {
        std::mem::take(&mut self.hosts)
    }

    /// What was counted by name, to be written.
    pub(crate) fn take_tallies(&mut self) -> BTreeMap<(TallyKind, String), u64> {
        std::mem::take(&mut self.tallies)
    }

    /// The seeds row is closed.
    pub(crate) fn seeds_are_in(&mut self) {
        if self.state == RunState::Seeding {
            self.state = RunState::Running;
        }
    }

    /// Ends the run if nothing is open any more; returns whether it ended just now.
    pub(crate) fn end(&mut self) -> bool {
        let ends = !self.state.is_over() && self.counts.admitted == self.counts.closed;
        if ends {
            self.state = RunState::Done;
        }
        ends
    }

    /// The counters in the order of the table's columns, from `admitted` to `urls`.
    pub(crate) fn numbers(&self) -> [i64; 10] {
        let c = &self.counts;
        let numbers = [
            c.admitted,
            c.closed,
            c.pages,
            c.failed,
            c.redirected,
            c.cut,
            c.bytes,
            c.records,
            c.rejected,
            self.urls,
        ];
        numbers.map(int)
    }

    /// The names of rejected records that are noted.
    pub(crate) fn rejected_names(&self) -> Vec<String> {
        let rejected = self.tallies.keys().filter(|(kind, _)| *kind == TallyKind::Rejected);
        rejected.map(|(_, name)| name.clone()).collect()
    }

    /// Counts rejected records whose name is not one of `known` under `other`.
    pub(crate) fn fold_rejected(&mut self, known: &[String]) {
        for name in self.rejected_names().into_iter().filter(|name| !known.contains(name)) {
            let n = self.tallies.remove(&(TallyKind::Rejected, name)).unwrap_or_default();
            self.tally(TallyKind::Rejected, "other", n);
        }
    }
}
