use super::StoreError;
use crate::clock::Timestamp;
use crate::frontier::{Admission, AdmitRules};
use crate::ids::RunId;
use crate::messages::{Claim, Grant, LeaseOffer, LeaseReport, SegmentStored};
use crate::trace::TraceContext;
use async_trait::async_trait;
use std::time::Duration;

/// The frontier: open URLs, and the leases under which they are fetched. For the dispatcher.
///
/// # Contract
/// A lease holds URLs of one run and one host. Its states:
/// - *offered*: committed by `offer`, to be published once. After `offer_ttl` it lapses: its URLs are
///   put back, uncharged.
/// - *granted*: by the first `grant`. Every other claim of it gets None, but the same incarnation
///   asking again gets the same lease with the time that is left. It expires after slice + total
///   time-out + margin: its open URLs are put back with one more `died`, and its host waits.
/// - *handed*: by `report` of the incarnation that holds it. Frees the lane, puts back `not_begun`
///   uncharged, sets the host's next time, stores robots.txt and cookies, remembers the segments.
/// - *gone*: as soon as no open URL bears its number.
///
/// `offer` chooses runs that are running: urgent ones first, then those with the fewest open leases
/// for their weight; of the run's hosts one that is ready (its `next_at` has come, a lane is free,
/// it is not held). More than one lane is used only where the job's delay is 0, a valid robots.txt
/// is known (or the job ignores it) and it sets no delay. URLs go in order of priority, then of
/// admission. URLs that died once are leased 10 at a time, then alone; after two deaths alone they
/// are closed as `poison_fetch`. Of runs that need a browser no more leases are made than `rendered` says: where no worker has
/// one, they would only keep hosts from others. Page limits bind here: pages + leased pages never exceed them.
#[async_trait]
pub trait Frontier: Send + Sync + 'static {
    /// Runs whose seeds are not in yet.
    async fn seeding(&self) -> Result<Vec<RunId>, StoreError>;

    /// Admits URLs that are not known yet, in order, within the limits; returns how many were new.
    /// What a limit refuses is tallied. Does nothing for a run that is over.
    async fn admit(&self, run: RunId, rules: AdmitRules, urls: Vec<Admission>) -> Result<u64, StoreError>;

    /// All seeds are in: closes the run's seeds row, and the run is running (or done at once, if
    /// nothing is open).
    async fn seeded(&self, run: RunId) -> Result<(), StoreError>;

    /// Makes leases until `max_offered` are offered and unclaimed, or with these `max_handed` would be handed and
    /// not applied, or nothing is ready.
    async fn offer(&self, policy: OfferPolicy) -> Result<Offers, StoreError>;

    /// Grants a lease to the worker that claims it; None: it is gone.
    async fn grant(&self, claim: &Claim, policy: GrantPolicy) -> Result<Option<Grant>, StoreError>;

    /// Takes a lease's report; false: it is stale, and changed nothing.
    async fn report(&self, report: &LeaseReport) -> Result<bool, StoreError>;

    /// The timer: lapses offers, expires leases, puts due retries back into the queue, ends handed
    /// leases whose segments are all applied, closes what limits leave over (in chunks), closes
    /// the rows of hosts that are down for too long, and names the segments to announce again.
    async fn sweep(&self, policy: SweepPolicy) -> Result<Swept, StoreError>;

    /// At the start of a process that owns the store alone: no lease is held by anybody. Offered and
    /// granted ones lapse, uncharged, each of their hosts waits `pause`, or `unknown` where the lease was to
    /// ask for robots.txt: what delay that names nobody knows any more. Handed ones become due in `sweep` at once.
    async fn lapse_all(&self, pause: Duration, unknown: Duration) -> Result<u64, StoreError>;
}

/// How leases are made.
#[derive(Clone, Copy, Debug)]
pub struct OfferPolicy {
    /// Leases that may be offered and not claimed yet, in all.
    pub max_offered: u32,
    /// Leases that may be handed and not applied yet, in all: workers do not run away from slow parsers.
    pub max_handed: u32,
    /// URLs in a lease.
    pub urls: u32,
    /// How long a worker may begin requests of a lease; with a delay, a lease holds no more URLs
    /// than fit in it.
    pub slice: Duration,
    /// How long an offer lives.
    pub offer_ttl: Duration,
    /// Leases of runs that need a browser which may be made; runs of others are not counted.
    pub rendered: u32,
}

/// New offers, to be published.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    /// In order of urgency.
    pub offers: Vec<Offered>,
    /// When something may be ready next, if nothing else happens.
    pub next_due: Option<Timestamp>,
    /// As many are offered, or handed, as may be.
    pub full: bool,
    /// A run that needs a browser has a host that is ready, whether it got a lease or not.
    pub renders: bool,
}

/// A new offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The message.
    pub offer: LeaseOffer,
    /// The lane: of urgent offers, or not,
    pub urgent: bool,
    /// and of those that need a browser, or not.
    pub renders: bool,
    /// The trace of who created the run, for its first leases.
    pub trace: Option<TraceContext>,
}

/// How leases are granted.
#[derive(Clone, Copy, Debug)]
pub struct GrantPolicy {
    /// How long a worker may begin requests.
    pub slice: Duration,
    /// Added to slice and the job's total time-out until the lease expires.
    pub margin: Duration,
}

/// How the timer acts.
#[derive(Clone, Copy, Debug)]
pub struct SweepPolicy {
    /// A handed lease whose segments are not applied after this has them announced again.
    pub announce_after: Duration,
    /// A host that is down for this long has the run's URLs closed as `host_down`, or
    /// `robots_unreachable` where its robots.txt is what fails.
    pub give_up_after: Duration,
    /// URLs closed in one transaction.
    pub chunk: u32,
}

/// What the timer did.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Offers that lapsed.
    pub lapsed: u64,
    /// Leases that expired.
    pub expired: u64,
    /// Retries that became due.
    pub due: u64,
    /// URLs closed by a limit or with their host.
    pub cut: u64,
    /// Segments to announce again.
    pub announce: Vec<SegmentStored>,
    /// There is more to do at once.
    pub more: bool,
}
