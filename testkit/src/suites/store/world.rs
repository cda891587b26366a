//! A small world for one case: a store, a clock that the case turns, and short words for what a
//! dispatcher, a worker and a parser do.

use shared::clock::{Clock, ManualClock, Timestamp};
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, Incarnation, LeaseId, RunId, SegmentId, UrlId};
use shared::job::{Delay, Job, RobotsMode};
use shared::messages::{Claim, Grant, LeaseOffer, LeaseReport, SegmentRef, Task};
use shared::outcome::{Kind, Reason};
use shared::ports::Store;
use shared::ports::store::{
    Applied, Audit, ClosedPage, Ending, GrantPolicy, NewRun, OfferPolicy, Offers, PageEnd, ParsedSegment,
    ParsedVisit, RunCounts, RunState, SweepPolicy, Swept, TallyKind,
};
use shared::robots::{Access, RobotsAnswer};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// A fresh store over a clock that the suite turns.
pub struct Fixture<S> {
    /// The store, empty.
    pub store: S,
    /// The clock that it was given.
    pub clock: Arc<ManualClock>,
    /// What must live as long as the store: a folder, a server.
    pub keep: Box<dyn Any + Send>,
}

pub(super) struct World<S> {
    pub(super) store: S,
    pub(super) clock: Arc<ManualClock>,
    _keep: Box<dyn Any + Send>,
}

pub(super) const SLICE: Duration = Duration::from_secs(30);
/// More than most cases hand.
pub(super) const MAX_HANDED: u32 = 1_000;
pub(super) const OFFER_TTL: Duration = Duration::from_secs(20);
pub(super) const MARGIN: Duration = Duration::from_secs(10);
pub(super) const ANNOUNCE_AFTER: Duration = Duration::from_secs(60);
pub(super) const GIVE_UP_AFTER: Duration = Duration::from_secs(3600);
/// Longer than any lease lives.
pub(super) const LONG: Duration = Duration::from_secs(600);

pub(super) const A: &str = "https://a.example";
pub(super) const B: &str = "https://b.example";

/// A job without a delay that ignores robots.txt: one lane, so that nothing else decides.
pub(super) fn job() -> Job {
    let mut job = Job::of_seeds([A]);
    job.politeness.delay = Delay::Fixed(Duration::ZERO);
    job.politeness.robots = RobotsMode::Ignore;
    job.politeness.lanes = 1;
    job
}

pub(super) fn rules() -> AdmitRules {
    AdmitRules { urls: u64::MAX, urls_per_host: u64::MAX, robots: false }
}

/// A page of a host, as its site leads to it.
pub fn page(run: RunId, origin: &str, path: &str) -> Admission {
    let url = format!("{origin}/{path}");
    Admission {
        url_id: UrlId::of(run, &url),
        url,
        host: HostId::of(origin),
        origin: origin.to_owned(),
        kind: Kind::Page,
        depth: 1,
        hops: 0,
        prio: 5,
        asked_url: None,
    }
}

pub(super) fn numbered(run: RunId, origin: &str, from: usize, to: usize) -> Vec<Admission> {
    (from..to).map(|n| page(run, origin, &format!("{n:06}"))).collect()
}

pub(super) fn worker(name: &str) -> Incarnation {
    Incarnation(name.to_owned())
}

pub(super) fn segment() -> SegmentRef {
    let segment = SegmentId::new();
    SegmentRef { segment, object: format!("runs/1/{segment}.warc.gz"), offset: 10, len: 1000 }
}

/// A page as a parser ends it: fetched, 100 bytes, no links.
pub(super) fn fetched(url: &str) -> ClosedPage {
    ClosedPage {
        kind: Kind::Page,
        url: url.to_owned(),
        asked_url: None,
        status: Some(200),
        end: PageEnd::Fetched,
        depth: 1,
        record: Some((12, 34)),
        bytes: 100,
        digest: Some("sha1:ABC".into()),
        fetched_at: Timestamp(77),
        parsed: None,
        records: Vec::new(),
        links: Vec::new(),
        refused: Vec::new(),
    }
}

pub(super) fn ends(lease: LeaseId, task: &Task, page: ClosedPage) -> ParsedVisit {
    let page = ClosedPage { kind: task.kind, ..page };
    ParsedVisit { lease, url_id: task.url_id, unasked: None, ending: Ending::Closed(Box::new(page)) }
}

pub(super) fn retries(lease: LeaseId, task: &Task, due_in: Duration) -> ParsedVisit {
    let ending = Ending::Retry { reason: Reason::Timeout, due_in };
    ParsedVisit { lease, url_id: task.url_id, unasked: None, ending }
}

/// The report of a lease that did all it had, over one segment, at no pace.
pub(super) fn report_of(grant: &Grant, by: &str, segments: Vec<SegmentRef>) -> LeaseReport {
    LeaseReport {
        lease: grant.lease,
        host: grant.host,
        run: grant.run,
        worker: worker(by),
        segments,
        not_begun: Vec::new(),
        next_in_ms: 0,
        delay_ms: 0,
        failures: 0,
        down: false,
        robots: None,
        jar: None,
    }
}

pub(super) fn answer(access: Access, text: &str, at: Timestamp) -> RobotsAnswer {
    RobotsAnswer { access, text: text.to_owned(), fetched_at: at, valid_ms: 300_000 }
}

pub(super) fn offer_policy(max_offered: u32, urls: u32) -> OfferPolicy {
    OfferPolicy { max_offered, max_handed: MAX_HANDED, urls, slice: SLICE, offer_ttl: OFFER_TTL, rendered: 0 }
}

pub(super) fn sweep_policy() -> SweepPolicy {
    SweepPolicy { announce_after: ANNOUNCE_AFTER, give_up_after: GIVE_UP_AFTER, chunk: 50 }
}

impl<S: Store + Audit> World<S> {
    pub(super) fn of(fixture: Fixture<S>) -> Self {
        World { store: fixture.store, clock: fixture.clock, _keep: fixture.keep }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn create(&self, job: Job) -> RunId {
        let new = NewRun { fingerprint: "f".into(), ..NewRun::of(Arc::new(job)) };
        self.store.create_run(new).await.unwrap()
    }

    /// A running run of this job with these pages of host A.
    pub(super) async fn running(&self, job: Job, pages: usize) -> RunId {
        let run = self.create(job).await;
        self.admit(run, numbered(run, A, 0, pages)).await;
        self.store.seeded(run).await.unwrap();
        run
    }

    pub(super) async fn admit(&self, run: RunId, urls: Vec<Admission>) -> u64 {
        self.store.admit(run, rules(), urls).await.unwrap()
    }

    pub(super) async fn offers(&self, max_offered: u32, urls: u32) -> Offers {
        self.store.offer(offer_policy(max_offered, urls)).await.unwrap()
    }

    /// The only offer that is made now, of at most 100 URLs.
    pub(super) async fn offer(&self) -> LeaseOffer {
        let mut offers = self.offers(100, 100).await.offers;
        assert_eq!(offers.len(), 1, "{offers:?}");
        offers.remove(0).offer
    }

    pub(super) async fn nothing_ready(&self) {
        let offers = self.offers(100, 100).await;
        assert!(offers.offers.is_empty(), "{offers:?}");
    }

    pub(super) async fn claim(&self, offer: &LeaseOffer, by: &str) -> Option<Grant> {
        let claim = Claim { lease: offer.lease, host: offer.host, worker: worker(by) };
        self.store.grant(&claim, GrantPolicy { slice: SLICE, margin: MARGIN }).await.unwrap()
    }

    /// The only lease that can be had now, granted to `w`.
    pub(super) async fn lease(&self) -> Grant {
        let offer = self.offer().await;
        self.claim(&offer, "w").await.expect("the offer is fresh")
    }

    pub(super) async fn report(&self, report: &LeaseReport) -> bool {
        self.store.report(report).await.unwrap()
    }

    pub(super) async fn apply(&self, run: RunId, at: SegmentRef, visits: Vec<ParsedVisit>) -> Applied {
        self.store.apply(ParsedSegment { run, at, rules: rules(), visits }).await.unwrap()
    }

    /// Fetches every URL of a lease with success, applies, then reports.
    pub(super) async fn finish(&self, grant: &Grant) -> Applied {
        let at = segment();
        let visits = grant.tasks.iter().map(|task| ends(grant.lease, task, fetched(&task.url))).collect();
        let applied = self.apply(grant.run, at.clone(), visits).await;
        assert!(self.report(&report_of(grant, "w", vec![at])).await);
        applied
    }

    pub(super) async fn sweep(&self) -> Swept {
        self.store.sweep(sweep_policy()).await.unwrap()
    }

    pub(super) async fn counts(&self, run: RunId) -> RunCounts {
        self.store.summary(run).await.unwrap().counts
    }

    pub(super) async fn state(&self, run: RunId) -> RunState {
        self.store.summary(run).await.unwrap().state
    }

    pub(super) async fn tally(&self, run: RunId, kind: TallyKind, key: &str) -> u64 {
        let tallies = self.store.tallies(run).await.unwrap();
        tallies.iter().filter(|tally| tally.kind == kind && tally.key == key).map(|tally| tally.count).sum()
    }

    /// The books are right.
    pub(super) async fn check(&self, run: RunId) {
        assert_eq!(self.store.audit(run).await.unwrap(), Vec::<String>::new());
    }
}
