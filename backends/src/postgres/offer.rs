//! Making leases: which run, which of its hosts, which URLs. In rounds, each of a few statements however
//! many leases come of it; in one round a host gets one lease at most.

use super::codes::{get, number};
use super::error::{Result, again};
use super::tx::{Begin, Tx};
use super::{PostgresStore, glance, host, turn};
use crate::store::offer::{Host, Look, Urls, look, room};
use crate::store::turn::{self as order, Candidate};
use shared::clock::Timestamp;
use shared::ids::{HostId, LeaseId, RunId};
use shared::messages::LeaseOffer;
use shared::ports::store::{OfferPolicy, Offered, Offers};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The lock of whoever makes leases. One at a time, so that the number of offers and the limits of pages are
/// exact; a call takes milliseconds, and makes as many leases as are wanted.
const LOCK: i64 = 0x4861_7276_6573_7401;
/// When to look again, while somebody else makes leases: milliseconds.
const OTHER: i64 = 20;
/// Hosts of a run that are read at once.
const HOSTS: u64 = 64;
/// When to look again at a host whose rows are all held by others: milliseconds.
const HELD: i64 = 100;

pub(super) async fn offer(store: &PostgresStore, policy: OfferPolicy) -> Result<Offers> {
    again(|| once(store, policy)).await
}

async fn once(store: &PostgresStore, policy: OfferPolicy) -> Result<Offers> {
    let mut tx = store.begin_as(Begin::Alone(LOCK)).await?;
    if !tx.is_only_one {
        let next_due = Some(Timestamp(tx.now.0 + OTHER));
        tx.undo().await?;
        return Ok(Offers { next_due, ..Offers::default() });
    }
    let (offered, handed, runs) = turn::candidates(store, &mut tx).await?;
    let room = room(policy, offered, handed);
    let renders = runs.iter().any(Candidate::renders);
    let for_renders = u64::from(policy.rendered);
    let mut maker = Maker {
        policy,
        runs,
        room,
        for_renders,
        known: HashMap::new(),
        again: BTreeSet::new(),
        offers: vec![],
    };
    while maker.room > 0 && !maker.runs.is_empty() && maker.round(&mut tx).await? {}
    let mut offers = Offers { offers: maker.offers, next_due: None, full: maker.room == 0, renders };
    offers.offers.sort_by_key(|offered| (!offered.urgent, offered.renders));
    offers.next_due = glance::next_due(&mut tx, offers.full).await?;
    tx.commit().await?;
    Ok(offers)
}

/// Makes leases within one transaction.
struct Maker {
    policy: OfferPolicy,
    runs: Vec<Candidate<HostId>>,
    /// Leases that may still be made,
    room: u64,
    /// and those of runs that need a browser.
    for_renders: u64,
    /// The runs that wait for a host, whoever was served longest ago first, with what they see of it.
    known: HashMap<HostId, Vec<(RunId, Host)>>,
    /// Hosts that have changed, and are worth another look, with the runs whose turn it was.
    again: BTreeSet<(RunId, HostId)>,
    offers: Vec<Offered>,
}

/// A lease to be written.
struct Planned {
    run: RunId,
    host: HostId,
    urls: Urls,
    /// Pages of the run's limit that are kept for it.
    kept: u64,
}

/// What one round brings.
#[derive(Default)]
struct Round {
    leases: Vec<Planned>,
    blocks: BTreeMap<(RunId, HostId), i64>,
}

impl Maker {
    /// Reads, decides, writes; whether there may be more to do.
    async fn round(&mut self, tx: &mut Tx) -> Result<bool> {
        self.read(tx).await?;
        let round = self.decide(tx.now);
        let is_over = round.leases.is_empty() && round.blocks.is_empty();
        host::block(tx, &round.blocks).await?;
        self.write(tx, round.leases).await?;
        Ok(!is_over)
    }

    /// Locks hosts for the runs that have none to look at, and reads all that is not known, or has changed.
    async fn read(&mut self, tx: &mut Tx) -> Result<()> {
        let most = self.room.clamp(1, HOSTS);
        let wanting: Vec<(RunId, i64)> = self
            .runs
            .iter()
            .filter(|run| run.hosts.is_empty() && run.more && run.pages != Some(0))
            .filter(|run| self.for_renders > 0 || !run.renders())
            .map(|run| (run.run, most as i64))
            .collect();
        let mut pairs: BTreeSet<(RunId, HostId)> = std::mem::take(&mut self.again);
        let mut turns: Vec<(RunId, HostId)> = pairs.iter().copied().collect();
        if !wanting.is_empty() {
            let ready = host::take_ready(tx, &wanting).await?;
            for (run, _) in &wanting {
                let found = ready.iter().filter(|(other, _)| other == run).count() as i64;
                // A host that was looked at is not ready any more, so asking again brings others.
                self.run(*run).into_iter().for_each(|candidate| candidate.more = found == most as i64);
            }
            turns.extend(&ready);
            pairs.extend(ready);
        }
        if pairs.is_empty() {
            return Ok(());
        }
        if self.runs.len() > 1 {
            let runs: Vec<RunId> = self.runs.iter().map(|run| run.run).collect();
            let hosts = pairs.iter().map(|(_, host)| *host).collect();
            pairs.extend(host::take_rivals(tx, &runs, &hosts).await?);
        }
        let mut waiting = host::read(tx, &pairs).await?;
        waiting.sort_by_key(|waiting| (waiting.served_at, waiting.run));
        for host in pairs.iter().map(|(_, host)| host) {
            self.known.remove(host);
        }
        for waiting in waiting {
            self.known.entry(waiting.host.id).or_default().push((waiting.run, waiting.host));
        }
        for (run, host) in turns {
            self.run(run).into_iter().for_each(|candidate| candidate.hosts.push_back(host));
        }
        Ok(())
    }

    /// Decides about the hosts that are known, whose turn it is first.
    fn decide(&mut self, now: Timestamp) -> Round {
        let mut round = Round::default();
        let mut leased: BTreeSet<HostId> = BTreeSet::new();
        let mut resting = Vec::new();
        self.set_aside(&mut resting);
        while self.room > 0 {
            let Some(place) = order::next(&self.runs) else { break };
            let Some(host) = self.runs[place].hosts.pop_front() else {
                resting.push(self.runs.swap_remove(place));
                continue;
            };
            let turn = self.runs[place].run;
            if leased.contains(&host) {
                self.again.insert((turn, host));
                continue;
            }
            let Some(waiting) = self.known.get_mut(&host) else { continue };
            let rivals: Vec<RunId> = waiting.iter().map(|(run, _)| *run).collect();
            let winner = order::winner(&self.runs, place, &rivals);
            let run = &mut self.runs[winner];
            let Some((_, seen)) = waiting.iter().find(|(waits, _)| *waits == run.run) else { continue };
            match look(now, run, seen, self.policy) {
                Look::Blocked { until } => {
                    // Whose turn it is waits, and so does whoever would come in between.
                    let blocked = [run.run, turn];
                    round.blocks.extend(blocked.map(|run| ((run, host), until)));
                    waiting.retain(|(run, _)| !blocked.contains(run));
                }
                Look::Lease(urls, more) => {
                    let kept = seen.queued.min(urls.most.unsigned_abs());
                    run.leases += 1;
                    run.pages = run.pages.map(|pages| pages.saturating_sub(kept));
                    round.leases.push(Planned { run: run.run, host, urls, kept });
                    self.room -= 1;
                    leased.insert(host);
                    if more {
                        self.again.insert((turn, host));
                    }
                    if self.runs[winner].renders() {
                        self.for_renders -= 1;
                        self.set_aside(&mut resting);
                    }
                }
            }
        }
        self.runs.append(&mut resting);
        round
    }

    /// Once no more leases of runs that need a browser may be made, these rest.
    fn set_aside(&mut self, resting: &mut Vec<Candidate<HostId>>) {
        if self.for_renders == 0 {
            resting.extend(self.runs.extract_if(.., |run| run.renders()));
        }
    }

    /// Writes leases, and notes what became of each.
    async fn write(&mut self, tx: &mut Tx, leases: Vec<Planned>) -> Result<()> {
        if leases.is_empty() {
            return Ok(());
        }
        let made = insert(tx, &leases).await?;
        let mut in_vain = Vec::new();
        let mut blocks = BTreeMap::new();
        for Planned { run, host, kept, .. } in leases {
            let (lease, n) = made.get(&(run, host)).copied().unwrap_or((None, 0));
            let (urgent, renders, trace) = self.run(run).map_or((false, false, None), |candidate| {
                candidate.pages = candidate.pages.map(|pages| pages + kept - n.min(kept));
                candidate.leases -= u64::from(n == 0);
                (candidate.urgent, candidate.renders(), candidate.trace.clone())
            });
            match lease {
                Some(lease) if n > 0 => {
                    let offer = LeaseOffer { lease, host, run };
                    self.offers.push(Offered { offer, urgent, renders, trace });
                }
                lease => {
                    in_vain.extend(lease.map(|lease| lease.0));
                    blocks.insert((run, host), tx.now.0 + HELD);
                    self.room += 1;
                }
            }
        }
        if !in_vain.is_empty() {
            tx.execute(sqlx::query("DELETE FROM leases WHERE lease_id = ANY($1)").bind(in_vain)).await?;
        }
        host::block(tx, &blocks).await
    }

    fn run(&mut self, run: RunId) -> Option<&mut Candidate<HostId>> {
        self.runs.iter_mut().find(|candidate| candidate.run == run)
    }
}

/// Writes leases with their rows; returns of each its number and how many rows it has.
async fn insert(tx: &mut Tx, leases: &[Planned]) -> Result<HashMap<(RunId, HostId), (Option<LeaseId>, u64)>> {
    let query = sqlx::query(
        "WITH w AS MATERIALIZED (
           SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[],
             $6::bigint[], $7::bigint[]) AS w (run_id, host_id, lane, died, most, expires_at, ready_at)),
         made AS (
           INSERT INTO leases (run_id, host_id, lane, state, expires_at)
           SELECT run_id, host_id, lane, 0, expires_at FROM w ON CONFLICT DO NOTHING
           RETURNING lease_id, run_id, host_id),
         picked AS MATERIALIZED (
           SELECT m.lease_id, m.run_id, q.ord
           FROM made m JOIN w ON w.run_id = m.run_id AND w.host_id = m.host_id
           CROSS JOIN LATERAL (
             SELECT ord FROM queue WHERE run_id = w.run_id AND host_id = w.host_id AND lease_id = 0
               AND died = w.died ORDER BY prio, ord LIMIT w.most FOR UPDATE SKIP LOCKED) q),
         taken AS (
           UPDATE queue q SET lease_id = p.lease_id FROM picked p
           WHERE q.run_id = p.run_id AND q.ord = p.ord RETURNING q.lease_id),
         counted AS (SELECT lease_id, count(*) AS n FROM taken GROUP BY lease_id),
         served AS (
           UPDATE run_hosts r SET queued = r.queued - c.n, served_at = $8,
             ready_at = CASE WHEN r.queued > c.n AND r.held = 0 THEN w.ready_at END
           FROM made m JOIN counted c ON c.lease_id = m.lease_id
           JOIN w ON w.run_id = m.run_id AND w.host_id = m.host_id
           WHERE r.run_id = m.run_id AND r.host_id = m.host_id)
         SELECT m.run_id, m.host_id, m.lease_id, coalesce(c.n, 0)
         FROM made m LEFT JOIN counted c ON c.lease_id = m.lease_id",
    );
    let column = |of: fn(&Planned) -> i64| leases.iter().map(of).collect::<Vec<i64>>();
    let lanes: Vec<i32> = leases.iter().map(|lease| i32::from(lease.urls.lane)).collect();
    let query = query.bind(column(|lease| lease.run.0)).bind(column(|lease| lease.host.0)).bind(lanes);
    let query = query.bind(column(|lease| lease.urls.died)).bind(column(|lease| lease.urls.most));
    let query = query.bind(column(|lease| lease.urls.expires_at)).bind(column(|lease| lease.urls.ready_at));
    let row = |row| {
        let key = (RunId(get(row, 0)?), HostId(get(row, 1)?));
        Ok((key, (Some(LeaseId(get(row, 2)?)), u64::try_from(number(row, 3)?).unwrap_or(0))))
    };
    tx.all(query.bind(tx.now.0)).await?.iter().map(row).collect()
}
