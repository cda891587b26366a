//! Making leases: which run, which of its hosts, which URLs.

use super::codes::{count, get, int, ms};
use super::error::{Result, corrupt};
use super::lease::ALONE;
use super::writer::Tx;
use super::{SqliteStore, turn};
use shared::clock::Timestamp;
use shared::ids::{HostId, LeaseId, RunId};
use shared::job::{Delay, Job, RobotsMode};
use shared::messages::LeaseOffer;
use shared::ports::store::{OfferPolicy, Offered, Offers};
use std::collections::VecDeque;
use std::sync::Arc;

/// URLs of a lease whose rows died once.
const FEW: i64 = 10;
/// A lease is not made smaller than this to leave something for another lane.
const FAIR_SHARE: u64 = 8;

/// A run that may get leases.
pub(super) struct Candidate {
    pub(super) run: RunId,
    pub(super) urgent: bool,
    pub(super) weight: u64,
    /// Leases that it has now.
    pub(super) leases: u64,
    /// Pages that it may still lease.
    pub(super) pages: Option<u64>,
    pub(super) job: Arc<Job>,
    /// Hosts that may be ready, not looked at yet.
    pub(super) hosts: VecDeque<HostId>,
    /// Whether there may be more of them than `hosts`.
    pub(super) more: bool,
}

/// What of a host decides about a lease.
struct Host {
    queued: u64,
    next_at: i64,
    delay_ms: i64,
    /// A valid robots.txt answer is known.
    has_robots: bool,
    /// It names no delay.
    unpaced: bool,
    /// Open leases, and when the first of them ends.
    taken: Vec<u16>,
    first_expiry: Option<i64>,
    /// Deaths of the row that comes first; None: no row waits.
    died: Option<i64>,
}

/// What became of a look at a host.
enum Look {
    /// There is a new lease, and maybe room for another one.
    Leased { lease: LeaseId, more: bool },
    /// Nobody gets it before this time.
    Blocked { until: i64 },
    /// None of its rows waits.
    Empty,
}

pub(super) async fn offer(store: &SqliteStore, policy: OfferPolicy) -> Result<Offers> {
    let most = u64::from(policy.max_offered);
    if let Some(none) = nothing_to_do(store, most).await? {
        return Ok(none);
    }
    let mut tx = store.begin().await?;
    let now = tx.now;
    let mut room = most.saturating_sub(turn::glance(tx.connection(), now).await?.offered);
    let mut runs = if room > 0 { turn::candidates(store, &mut tx).await? } else { Vec::new() };
    let mut offers = Offers::default();
    while room > 0 {
        let Some(place) = turn::next(&runs) else { break };
        let Some(host) = turn::next_host(&mut tx, &mut runs[place], room).await? else {
            runs.swap_remove(place);
            continue;
        };
        let winner = turn::winner(&mut tx, &runs, place, host).await?;
        let run = &mut runs[winner];
        match look(&mut tx, run, host, policy).await? {
            Look::Empty => {}
            Look::Blocked { until } => {
                // Whose turn it is waits, and so does whoever would come in between.
                block(&mut tx, run.run, host, until).await?;
                if winner != place {
                    block(&mut tx, runs[place].run, host, until).await?;
                }
            }
            Look::Leased { lease, more } => {
                run.leases += 1;
                room -= 1;
                let offer = LeaseOffer { lease, host, run: run.run };
                offers.offers.push(Offered { offer, urgent: run.urgent });
                if more {
                    runs[place].hosts.push_front(host);
                }
            }
        }
    }
    offers.offers.sort_by_key(|offered| !offered.urgent);
    offers.next_due = turn::next_due(tx.connection(), now, room == 0).await?;
    tx.commit().await?;
    Ok(offers)
}

/// The answer to most calls, without a transaction: there is no room, or no host is ready.
async fn nothing_to_do(store: &SqliteStore, most: u64) -> Result<Option<Offers>> {
    let now = store.clock.now();
    let mut reader = store.readers.acquire().await?;
    let glance = turn::glance(&mut reader, now).await?;
    let is_full = glance.offered >= most;
    if glance.ready && !is_full {
        return Ok(None);
    }
    let next_due = turn::next_due(&mut reader, now, is_full).await?;
    Ok(Some(Offers { offers: Vec::new(), next_due }))
}

/// Looks at a ready host of a run, and makes a lease if it can.
async fn look(tx: &mut Tx<'_>, run: &mut Candidate, host: HostId, policy: OfferPolicy) -> Result<Look> {
    let now = tx.now.0;
    let state = state_of(tx, run.run, host).await?;
    let Some(died) = state.died else { return Ok(Look::Empty) };
    let lanes = lanes(&run.job, &state);
    if state.next_at > now {
        return Ok(Look::Blocked { until: state.next_at });
    }
    let free = usize::from(lanes).saturating_sub(state.taken.len());
    let Some(lane) = (0..lanes).find(|lane| free > 0 && !state.taken.contains(lane)) else {
        // Until the first lease ends by itself; whatever ends it earlier says so.
        return Ok(Look::Blocked { until: state.first_expiry.unwrap_or(now).max(now + 1) });
    };
    let urls = size(run, &state, died, lanes, policy);
    let expires_at = tx.now.plus(policy.offer_ttl);
    let ready_at = if free > 1 { now } else { expires_at.0 };
    let (lease, leased) = lease(tx, run.run, host, lane, died, urls, (expires_at, ready_at)).await?;
    if let Some(pages) = &mut run.pages {
        *pages = pages.saturating_sub(leased);
    }
    Ok(Look::Leased { lease, more: free > 1 })
}

async fn state_of(tx: &mut Tx<'_>, run: RunId, host: HostId) -> Result<Host> {
    let query = sqlx::query(
        "SELECT rh.queued, h.next_at, h.delay_ms,
                coalesce(r.valid_until > ?, 0), coalesce(r.valid_until > ? AND r.paced = 0, 0),
                (SELECT group_concat(lane) FROM leases l WHERE l.host_id = rh.host_id AND l.state < 2),
                (SELECT min(expires_at) FROM leases l WHERE l.host_id = rh.host_id AND l.state < 2),
                (SELECT died FROM queue q WHERE q.run_id = rh.run_id AND q.host_id = rh.host_id AND q.lease_id = 0
                 ORDER BY prio, ord LIMIT 1)
         FROM run_hosts rh JOIN hosts h ON h.host_id = rh.host_id LEFT JOIN robots r ON r.host_id = rh.host_id
         WHERE rh.run_id = ? AND rh.host_id = ?",
    );
    let query = query.bind(tx.now.0).bind(tx.now.0).bind(run.0).bind(host.0);
    let row = tx.one(query).await?.ok_or_else(|| corrupt(format!("run {run} has no host {host}")))?;
    let taken: Option<String> = get(&row, 5)?;
    let taken = taken.iter().flat_map(|lanes| lanes.split(',')).map(str::parse);
    Ok(Host {
        queued: count(&row, 0)?,
        next_at: get(&row, 1)?,
        delay_ms: get(&row, 2)?,
        has_robots: get(&row, 3)?,
        unpaced: get(&row, 4)?,
        taken: taken.collect::<std::result::Result<_, _>>().map_err(corrupt)?,
        first_expiry: get(&row, 6)?,
        died: get(&row, 7)?,
    })
}

/// Leases that the host may have at a time, as far as this run goes.
fn lanes(job: &Job, host: &Host) -> u16 {
    let politeness = &job.politeness;
    let is_free = match politeness.robots {
        RobotsMode::Ignore => true,
        RobotsMode::Obey => host.has_robots && host.unpaced,
    };
    if is_free { politeness.lanes() } else { 1 }
}

/// The pause between two requests of a job to a host that last had `delay_ms`.
pub(super) fn pause_of(job: &Job, delay_ms: i64) -> i64 {
    match job.politeness.delay {
        Delay::Fixed(delay) => ms(delay).max(delay_ms),
        Delay::Auto => delay_ms,
    }
}

/// URLs for a lease.
fn size(run: &Candidate, host: &Host, died: i64, lanes: u16, policy: OfferPolicy) -> i64 {
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

async fn block(tx: &mut Tx<'_>, run: RunId, host: HostId, until: i64) -> Result<()> {
    let query = sqlx::query(
        "UPDATE run_hosts SET ready_at = ? WHERE run_id = ? AND host_id = ? AND ready_at IS NOT NULL",
    );
    tx.execute(query.bind(until).bind(run.0).bind(host.0)).await?;
    Ok(())
}

/// Writes a lease over the rows that come first, all of them with as many deaths as the first one;
/// returns it with its number of URLs.
async fn lease(
    tx: &mut Tx<'_>,
    run: RunId,
    host: HostId,
    lane: u16,
    died: i64,
    urls: i64,
    (expires_at, ready_at): (Timestamp, i64),
) -> Result<(LeaseId, u64)> {
    let query = sqlx::query(
        "INSERT INTO leases (run_id, host_id, lane, state, expires_at) VALUES (?, ?, ?, 0, ?) RETURNING lease_id",
    );
    let query = query.bind(run.0).bind(host.0).bind(i64::from(lane)).bind(expires_at.0);
    let row = tx.all(query).await?;
    let lease: i64 = get(row.first().ok_or_else(|| corrupt("a lease without a number"))?, 0)?;
    let query = sqlx::query(
        "UPDATE queue SET lease_id = ? WHERE run_id = ? AND ord IN (SELECT ord FROM queue
           WHERE run_id = ? AND host_id = ? AND lease_id = 0 AND died = ? ORDER BY prio, ord LIMIT ?)",
    );
    let query = query.bind(lease).bind(run.0).bind(run.0).bind(host.0).bind(died).bind(urls);
    let leased = tx.execute(query).await?;
    let query = sqlx::query(
        "UPDATE run_hosts SET queued = queued - ?, served_at = ?,
           ready_at = CASE WHEN queued > ? AND held = 0 THEN ? END WHERE run_id = ? AND host_id = ?",
    );
    let query = query.bind(int(leased)).bind(tx.now.0).bind(int(leased)).bind(ready_at);
    tx.execute(query.bind(run.0).bind(host.0)).await?;
    Ok((LeaseId(lease), leased))
}
