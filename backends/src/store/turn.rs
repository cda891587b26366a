//! Whose turn it is: urgent runs first, then those with the fewest leases for their weight.

use shared::ids::RunId;
use shared::job::{Engine, Job};
use shared::trace::TraceContext;
use std::collections::VecDeque;
use std::sync::Arc;

/// Leases are in their run's trace until so many of its URLs are closed: a trace is for looking at.
pub(crate) const TRACED: i64 = 10_000;

/// A run that may get leases. `H` is what is kept of a host until somebody looks at it.
pub(crate) struct Candidate<H> {
    pub(crate) run: RunId,
    pub(crate) urgent: bool,
    pub(crate) weight: u64,
    /// Leases that it has now.
    pub(crate) leases: u64,
    /// Pages that it may still lease; None: any number.
    pub(crate) pages: Option<u64>,
    pub(crate) job: Arc<Job>,
    /// The trace of the request that began it, while it is young ([`TRACED`]).
    pub(crate) trace: Option<TraceContext>,
    /// Hosts that may be ready, not looked at yet.
    pub(crate) hosts: VecDeque<H>,
    /// Whether there may be more of them than `hosts`.
    pub(crate) more: bool,
}

impl<H> Candidate<H> {
    /// Whether its pages need a browser.
    pub(crate) fn renders(&self) -> bool {
        self.job.request.engine == Engine::Browser
    }
}

/// Leaves the runs out that need a browser, once no more leases of these may be made.
pub(crate) fn without_renders<H>(runs: &mut Vec<Candidate<H>>, room: u64) {
    if room == 0 {
        runs.retain(|run| !run.renders());
    }
}

/// The place of the run whose turn it is.
pub(crate) fn next<H>(runs: &[Candidate<H>]) -> Option<usize> {
    let order = |a: &Candidate<H>, b: &Candidate<H>| {
        let share = (a.leases * b.weight).cmp(&(b.leases * a.weight));
        b.urgent.cmp(&a.urgent).then(share).then(a.run.cmp(&b.run))
    };
    (0..runs.len()).filter(|place| runs[*place].pages != Some(0)).min_by(|a, b| order(&runs[*a], &runs[*b]))
}

/// Of `rivals`, the runs that wait for a host in the order of when they were served there, the place of
/// the one that gets it: `place`, or another.
pub(crate) fn winner<H>(runs: &[Candidate<H>], place: usize, rivals: &[RunId]) -> usize {
    let mut best = place;
    for run in rivals.iter().rev() {
        let rival = runs.iter().position(|candidate| candidate.run == *run && candidate.pages != Some(0));
        if let Some(rival) = rival.filter(|rival| runs[*rival].urgent || !runs[best].urgent) {
            best = rival;
        }
    }
    best
}
