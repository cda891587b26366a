//! Making leases: whether a host is ready, and how large a lease of it is.

use super::codes::{int, ms};
use super::lease::ALONE;
use super::turn::Candidate;
use shared::clock::Timestamp;
use shared::ids::HostId;
use shared::job::{Delay, Job, RobotsMode};
use shared::ports::store::OfferPolicy;

/// URLs of a lease whose rows died once.
const FEW: i64 = 10;
/// A lease is not made smaller than this to leave something for another lane.
const FAIR_SHARE: u64 = 32;
/// Until another look at a host, where nothing says when it may be ready, in milliseconds.
const SOON: i64 = 1_000;

/// Leases that may be made now.
pub(crate) fn room(policy: OfferPolicy, offered: u64, handed: u64) -> u64 {
    let room = |most: u32, are: u64| u64::from(most).saturating_sub(are);
    room(policy.max_offered, offered).min(room(policy.max_handed, offered + handed))
}

/// A host of a run, as it was read.
pub(crate) struct Host {
    pub(crate) id: HostId,
    /// Rows that wait.
    pub(crate) queued: u64,
    pub(crate) next_at: i64,
    pub(crate) delay_ms: i64,
    /// A valid robots.txt answer is known, and names no delay.
    pub(crate) is_unpaced: bool,
    /// Lanes of its open leases, and when the first of these ends.
    pub(crate) taken: Vec<u16>,
    pub(crate) first_expiry: Option<i64>,
    /// Deaths of the row that comes first; None: no row waits.
    pub(crate) died: Option<i64>,
    /// Something has changed since.
    pub(crate) is_stale: bool,
}

/// What comes of a look at a ready host of a run.
pub(crate) enum Look {
    /// A lease can be made; whether there is then room for another one.
    Lease(Urls, bool),
    /// Nobody gets it before this time.
    Blocked { until: i64 },
}

/// Which rows go into a lease: those that come first and have died as often as the first one.
pub(crate) struct Urls {
    pub(crate) lane: u16,
    pub(crate) died: i64,
    pub(crate) most: i64,
    pub(crate) expires_at: i64,
    /// When the host is worth another look, if rows are left.
    pub(crate) ready_at: i64,
}

pub(crate) fn look<H>(now: Timestamp, run: &Candidate<H>, host: &Host, policy: OfferPolicy) -> Look {
    // None waits: another lease of this call took the last one.
    let Some(died) = host.died else { return Look::Blocked { until: now.0 + SOON } };
    if host.next_at > now.0 {
        return Look::Blocked { until: host.next_at };
    }
    let lanes = lanes(&run.job, host);
    let free = usize::from(lanes).saturating_sub(host.taken.len());
    let Some(lane) = (0..lanes).find(|lane| free > 0 && !host.taken.contains(lane)) else {
        // Until the first lease ends by itself; whatever ends it earlier says so, and so does the timer if it
        // is late.
        let expiry = host.first_expiry.filter(|expiry| *expiry > now.0);
        return Look::Blocked { until: expiry.unwrap_or(now.0 + SOON) };
    };
    let expires_at = now.plus(policy.offer_ttl).0;
    let ready_at = if free > 1 { now.0 } else { expires_at };
    let most = size(run, host, died, lanes, policy);
    Look::Lease(Urls { lane, died, most, expires_at, ready_at }, free > 1)
}

/// Leases that the host may have at a time, as far as this run goes.
fn lanes(job: &Job, host: &Host) -> u16 {
    let politeness = &job.politeness;
    let is_free = match politeness.robots {
        RobotsMode::Ignore => true,
        RobotsMode::Obey => host.is_unpaced,
    };
    if is_free { politeness.lanes() } else { 1 }
}

/// The pause between two requests of a job to a host that last had `delay_ms`.
pub(crate) fn pause_of(job: &Job, delay_ms: i64) -> i64 {
    match job.politeness.delay {
        Delay::Fixed(delay) => ms(delay).max(delay_ms),
        Delay::Auto => delay_ms,
    }
}

/// URLs for a lease.
fn size<H>(run: &Candidate<H>, host: &Host, died: i64, lanes: u16, policy: OfferPolicy) -> i64 {
    let mut urls = u64::from(policy.urls.max(1));
    if let pause @ 1.. = pause_of(&run.job, host.delay_ms) {
        let fit = ms(policy.slice) / pause + 1;
        urls = urls.min(u64::try_from(fit).unwrap_or(1));
    }
    if lanes > 1 {
        urls = urls.min(host.queued.div_ceil(u64::from(lanes)).max(FAIR_SHARE));
    }
    if let Some(pages) = run.pages {
        urls = urls.min(pages);
    }
    match died {
        0 => int(urls),
        died if died < ALONE => int(urls).min(FEW),
        _ => 1,
    }
}
