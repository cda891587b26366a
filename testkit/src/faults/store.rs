//! A store that fails when it is told to. Calls: `store.METHOD`.

use super::Faults;
use async_trait::async_trait;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{RunId, SegmentId, UrlId};
use shared::messages::{Claim, Grant, LeaseReport};
use shared::ports::store::*;
use std::sync::Arc;
use std::time::Duration;

/// See the module.
pub struct FaultyStore<S> {
    pub(super) inner: Arc<S>,
    pub(super) faults: Faults,
}

impl<S: Store> FaultyStore<S> {
    /// Around a store.
    pub fn new(inner: Arc<S>, faults: Faults) -> Self {
        FaultyStore { inner, faults }
    }
}

fn told() -> StoreError {
    StoreError::Unavailable("told to".into())
}

macro_rules! pass {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        $self.faults.around(concat!("store.", stringify!($method)), $self.inner.$method($($argument),*), told).await
    };
}

#[async_trait]
impl<S: Store> Runs for FaultyStore<S> {
    async fn create_run(&self, new: NewRun) -> Result<RunId, StoreError> {
        pass!(self.create_run(new))
    }

    async fn run(&self, run: RunId) -> Result<RunInfo, StoreError> {
        pass!(self.run(run))
    }

    async fn runs(&self, selection: RunSelection) -> Result<Vec<RunSummary>, StoreError> {
        pass!(self.runs(selection))
    }

    async fn summary(&self, run: RunId) -> Result<RunSummary, StoreError> {
        pass!(self.summary(run))
    }

    async fn tallies(&self, run: RunId) -> Result<Vec<Tally>, StoreError> {
        pass!(self.tallies(run))
    }

    async fn command(&self, run: RunId, command: Command) -> Result<RunState, StoreError> {
        pass!(self.command(run, command))
    }
}

impl<S: Store> HasControl for FaultyStore<S> {
    fn control(&self) -> &dyn Control {
        self
    }
}

#[async_trait]
impl<S: Store> Frontier for FaultyStore<S> {
    async fn seeding(&self) -> Result<Vec<RunId>, StoreError> {
        pass!(self.seeding())
    }

    async fn admit(&self, run: RunId, rules: AdmitRules, urls: Vec<Admission>) -> Result<u64, StoreError> {
        pass!(self.admit(run, rules, urls))
    }

    async fn seeded(&self, run: RunId) -> Result<(), StoreError> {
        pass!(self.seeded(run))
    }

    async fn offer(&self, policy: OfferPolicy) -> Result<Offers, StoreError> {
        pass!(self.offer(policy))
    }

    async fn grant(&self, claim: &Claim, policy: GrantPolicy) -> Result<Option<Grant>, StoreError> {
        pass!(self.grant(claim, policy))
    }

    async fn report(&self, report: &LeaseReport) -> Result<bool, StoreError> {
        pass!(self.report(report))
    }

    async fn sweep(&self, policy: SweepPolicy) -> Result<Swept, StoreError> {
        pass!(self.sweep(policy))
    }

    async fn lapse_all(&self, pause: Duration, unknown: Duration) -> Result<u64, StoreError> {
        pass!(self.lapse_all(pause, unknown))
    }
}

#[async_trait]
impl<S: Store> Results for FaultyStore<S> {
    async fn known(&self, run: RunId, ids: &[UrlId]) -> Result<Vec<UrlId>, StoreError> {
        pass!(self.known(run, ids))
    }

    async fn is_applied(&self, run: RunId, segment: SegmentId) -> Result<bool, StoreError> {
        pass!(self.is_applied(run, segment))
    }

    async fn apply(&self, segment: ParsedSegment) -> Result<Applied, StoreError> {
        pass!(self.apply(segment))
    }
}

#[async_trait]
impl<S: Store> Reads for FaultyStore<S> {
    async fn records(&self, selection: RecordSelection) -> Result<Vec<RecordRow>, StoreError> {
        pass!(self.records(selection))
    }

    async fn pages(&self, selection: PageSelection) -> Result<Vec<PageRow>, StoreError> {
        pass!(self.pages(selection))
    }

    async fn contents(&self, run: RunId, seqs: &[u64]) -> Result<Vec<(u64, String)>, StoreError> {
        pass!(self.contents(run, seqs))
    }
}
