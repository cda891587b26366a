//! Making leases: which run, which of its hosts, which URLs.

use super::codes::{get, int, ms};
use super::error::{Result, corrupt};
use super::host::{self, Host};
use super::lease::ALONE;
use super::turn::{self, Candidate};
use super::writer::{Lasts, Tx};
use super::{SqliteStore, glance};
use shared::ids::LeaseId;
use shared::job::{Delay, Job, RobotsMode};
use shared::messages::LeaseOffer;
use shared::ports::store::{OfferPolicy, Offered, Offers};

/// URLs of a lease whose rows died once.
const FEW: i64 = 10;
/// A lease is not made smaller than this to leave something for another lane.
const FAIR_SHARE: u64 = 8;

/// What became of a look at a host.
enum Look {
    /// There is a new lease, and maybe room for another one.
    Leased { lease: LeaseId, more: bool },
    /// Nobody gets it before this time.
    Blocked { until: i64 },
}

pub(super) async fn offer(store: &SqliteStore, policy: OfferPolicy) -> Result<Offers> {
    let most = u64::from(policy.max_offered);
    if let Some(none) = glance::nothing_to_do(store, most).await? {
        return Ok(none);
    }
    let (mut tx, rows) = store.begin_with(Lasts::Process, turn::begin).await?;
    let (offered, mut runs) = turn::candidates(store, &mut tx, &rows).await?;
    let mut room = most.saturating_sub(offered);
    let have_rivals = runs.len() > 1;
    let mut offers = Offers::default();
    while room > 0 {
        let Some(place) = turn::next(&runs) else { break };
        let Some(mut host) = turn::next_host(&mut tx, &mut runs[place], room).await? else {
            runs.swap_remove(place);
            continue;
        };
        let winner = turn::winner(&mut tx, &runs, place, host.id).await?;
        if have_rivals || host.is_stale {
            host = host::read(&mut tx, runs[winner].run, host.id).await?;
        }
        match look(&mut tx, &mut runs[winner], &host, policy).await? {
            Look::Blocked { until } => {
                // Whose turn it is waits, and so does whoever would come in between.
                for place in [winner, place] {
                    host::block(&mut tx, runs[place].run, host.id, until).await?;
                }
            }
            Look::Leased { lease, more } => {
                runs[winner].leases += 1;
                room -= 1;
                let offer = LeaseOffer { lease, host: host.id, run: runs[winner].run };
                offers.offers.push(Offered { offer, urgent: runs[winner].urgent });
                if more {
                    runs[place].hosts.push_front(Host { is_stale: true, ..host });
                }
            }
        }
    }
    offers.offers.sort_by_key(|offered| !offered.urgent);
    offers.next_due = glance::commit(tx, room == 0).await?;
    Ok(offers)
}

/// Looks at a ready host of a run, and makes a lease if it can.
async fn look(tx: &mut Tx<'_>, run: &mut Candidate, host: &Host, policy: OfferPolicy) -> Result<Look> {
    let now = tx.now.0;
    // None waits: another lease of this call took the last one.
    let Some(died) = host.died else { return Ok(Look::Blocked { until: now + 1_000 }) };
    if host.next_at > now {
        return Ok(Look::Blocked { until: host.next_at });
    }
    let lanes = lanes(&run.job, host);
    let free = usize::from(lanes).saturating_sub(host.taken.len());
    let Some(lane) = (0..lanes).find(|lane| free > 0 && !host.taken.contains(lane)) else {
        // Until the first lease ends by itself; whatever ends it earlier says so.
        return Ok(Look::Blocked { until: host.first_expiry.unwrap_or(now).max(now + 1) });
    };
    let expires_at = tx.now.plus(policy.offer_ttl).0;
    let urls = Urls { lane, died, most: size(run, host, died, lanes, policy), expires_at };
    let ready_at = if free > 1 { now } else { expires_at };
    let (lease, leased) = lease(tx, run, host, urls, ready_at).await?;
    if let Some(pages) = &mut run.pages {
        *pages = pages.saturating_sub(leased);
    }
    Ok(Look::Leased { lease, more: free > 1 })
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

/// Which rows go into a lease: those that come first and have died as often as the first one.
struct Urls {
    lane: u16,
    died: i64,
    most: i64,
    expires_at: i64,
}

/// Writes a lease; returns it with its number of URLs.
async fn lease(
    tx: &mut Tx<'_>,
    run: &Candidate,
    host: &Host,
    urls: Urls,
    ready_at: i64,
) -> Result<(LeaseId, u64)> {
    // Each statement reads what the one before it did: the lease's number, the rows changed.
    let query = sqlx::query(
        "INSERT INTO leases (run_id, host_id, lane, state, expires_at) VALUES (?, ?, ?, 0, ?)
         RETURNING lease_id;
         UPDATE OR ROLLBACK queue SET lease_id = last_insert_rowid()
         WHERE run_id = ? AND ord IN (SELECT ord FROM queue
           WHERE run_id = ? AND host_id = ? AND lease_id = 0 AND died = ? ORDER BY prio, ord LIMIT +?);
         UPDATE run_hosts SET queued = queued - changes(), served_at = ?,
           ready_at = CASE WHEN queued > changes() AND held = 0 THEN ? END
         WHERE run_id = ? AND host_id = ? RETURNING queued",
    );
    let (run, id) = (run.run.0, host.id.0);
    let query = query.bind(run).bind(id).bind(i64::from(urls.lane)).bind(urls.expires_at);
    let query = query.bind(run).bind(run).bind(id).bind(urls.died).bind(urls.most);
    let rows = tx.all(query.bind(tx.now.0).bind(ready_at).bind(run).bind(id)).await?;
    let [lease, left] = &rows[..] else { return Err(corrupt("a lease without a number")) };
    let left: i64 = get(left, 0)?;
    Ok((LeaseId(get(lease, 0)?), host.queued.saturating_sub(u64::try_from(left).map_err(corrupt)?)))
}
