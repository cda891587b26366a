//! Making leases: which run, which of its hosts, which URLs.

use super::codes::get;
use super::error::{Result, corrupt};
use super::writer::{Lasts, Tx};
use super::{SqliteStore, glance, host, turn};
use crate::store::offer::{Host, Look, Urls, look, room};
use crate::store::turn::{Candidate, next, without_renders};
use shared::ids::LeaseId;
use shared::messages::LeaseOffer;
use shared::ports::store::{OfferPolicy, Offered, Offers};

pub(super) async fn offer(store: &SqliteStore, policy: OfferPolicy) -> Result<Offers> {
    if let Some(none) = glance::nothing_to_do(store, policy).await? {
        return Ok(none);
    }
    let (mut tx, rows) = store.begin_with(Lasts::Process, turn::begin).await?;
    let (offered, handed, mut runs) = turn::candidates(store, &mut tx, &rows).await?;
    let mut room = room(policy, offered, handed);
    let mut offers = Offers { renders: runs.iter().any(Candidate::renders), ..Offers::default() };
    let mut for_renders = u64::from(policy.rendered);
    without_renders(&mut runs, for_renders);
    let have_rivals = runs.len() > 1;
    while room > 0 {
        let Some(place) = next(&runs) else { break };
        let Some(mut host) = turn::next_host(&mut tx, &mut runs[place], room).await? else {
            runs.swap_remove(place);
            continue;
        };
        let winner = turn::winner(&mut tx, &runs, place, host.id).await?;
        if have_rivals || host.is_stale {
            host = host::read(&mut tx, runs[winner].run, host.id).await?;
        }
        match look(tx.now, &runs[winner], &host, policy) {
            Look::Blocked { until } => {
                // Whose turn it is waits, and so does whoever would come in between.
                for place in [winner, place] {
                    host::block(&mut tx, runs[place].run, host.id, until).await?;
                }
            }
            Look::Lease(urls, more) => {
                let lease = lease(&mut tx, &mut runs[winner], &host, urls).await?;
                room -= 1;
                let offer = LeaseOffer { lease, host: host.id, run: runs[winner].run };
                let renders = runs[winner].renders();
                let Candidate { urgent, trace, .. } = &runs[winner];
                offers.offers.push(Offered { offer, urgent: *urgent, renders, trace: trace.clone() });
                if more {
                    runs[place].hosts.push_front(Host { is_stale: true, ..host });
                }
                if renders {
                    for_renders -= 1;
                    without_renders(&mut runs, for_renders);
                }
            }
        }
    }
    offers.offers.sort_by_key(|offered| (!offered.urgent, offered.renders));
    offers.full = room == 0;
    offers.next_due = glance::commit(tx, offers.full).await?;
    Ok(offers)
}

/// Writes a lease, and notes it with its run.
async fn lease(tx: &mut Tx<'_>, candidate: &mut Candidate<Host>, host: &Host, urls: Urls) -> Result<LeaseId> {
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
    let (run, id) = (candidate.run.0, host.id.0);
    let query = query.bind(run).bind(id).bind(i64::from(urls.lane)).bind(urls.expires_at);
    let query = query.bind(run).bind(run).bind(id).bind(urls.died).bind(urls.most);
    let rows = tx.all(query.bind(tx.now.0).bind(urls.ready_at).bind(run).bind(id)).await?;
    let [lease, left] = &rows[..] else { return Err(corrupt("a lease without a number")) };
    let left: i64 = get(left, 0)?;
    let leased = host.queued.saturating_sub(u64::try_from(left).map_err(corrupt)?);
    candidate.leases += 1;
    candidate.pages = candidate.pages.map(|pages| pages.saturating_sub(leased));
    Ok(LeaseId(get(lease, 0)?))
}
