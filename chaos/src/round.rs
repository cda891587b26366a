//! One round: a run over the sites, and one fault that strikes a few times in the middle of it.

use crate::client;
use crate::dice::Dice;
use crate::faults::{Fault, What};
use crate::judge::{Judgement, judge_but};
use crate::letters;
use crate::meddler;
use crate::strike::{Armed, strike};
use crate::world::World;
use shared::ids::RunId;
use shared::ports::store::Runs;
use std::ops::RangeInclusive;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two requests to one host.
pub const DELAY: Duration = Duration::from_millis(25);
/// A run ends by then, when nothing goes wrong any more (I7).
const PATIENCE: Duration = Duration::from_secs(90);
/// The next strike comes by then, however far the run is.
const NEXT: Duration = Duration::from_secs(5);
/// Leases of the workers at a time, as there are hosts, times the URLs of a lease.
const UNDER_WAY: usize = 3 * 15;

/// What came of a round.
pub struct Played {
    /// The judgement.
    pub judgement: Judgement,
    /// How long the run took.
    pub took: Duration,
    /// Requests that the sites saw.
    pub requests: usize,
    /// How often the fault struck while the run was under way.
    pub struck: u64,
    /// Processes that died though nobody meant it to.
    pub died: u64,
}

/// Plays the so manieth round of a fault, which strikes so often.
pub async fn play(world: &World, fault: &Fault, round: u64, strikes: u64, dice: &mut Dice) -> Played {
    world.sites.reset();
    let (died, letters) = (world.fleet.died(), letters::filed(world).await);
    let armed = Armed::for_fault(world, fault, dice).await;
    let began = Instant::now();
    let run = world.begin(world.sites.job(DELAY)).await;
    let (mut struck, mut failed) = (0, Vec::new());
    let is_armed = matches!(fault.what, What::Crash(..) | What::Poison(_) | What::Api(_));
    let strikes = if is_armed { 0 } else { strikes };
    let mut first = 0;
    for nth in 0..strikes {
        first += 5 + dice.below(world.sites.pages() as u64 / 3);
        until_hits(world, first as usize).await;
        struck += u64::from(!is_over(world, run).await);
        match strike(world, run, fault, round * strikes + nth, dice).await {
            Ok(()) => {}
            Err(why) => failed.push(format!("I0: it did not come about: {why}")),
        }
    }
    let asked = match fault.what {
        What::Api(what) => client::play(world, what, dice).await,
        _ => client::Asked::default(),
    };
    world.fleet.heal().await;
    let over = until_over(world, run).await;
    let took = began.elapsed();
    struck += armed.died(world) + asked.struck;
    let requests = world.sites.hits();
    let again = struck.max(fault.strikes()) as usize * UNDER_WAY;
    let mut judgement = judge_but(world, run, DELAY, again, armed.poison.as_ref()).await;
    judgement.add(asked.judgement);
    if !over {
        judgement.broken.insert(0, format!("I7: the run does not end:\n{}", what_is_open(world, run)));
    }
    if let Some(receiver) = &armed.receiver {
        judgement.broken.extend(receiver.judge(world).await);
    }
    judgement.broken.extend(letters::judge(world, letters, dead(fault)).await);
    if struck == 0 && fault.strikes() > 0 {
        failed.push("I0: it never struck: no process came by its crash point, or the run was over".into());
    }
    judgement.broken.append(&mut failed);
    armed.disarm(world).await;
    Played { judgement, took, requests, struck, died: world.fleet.died() - died }
}

/// Dead letters that a fault should leave.
fn dead(fault: &Fault) -> RangeInclusive<u64> {
    match fault.what {
        What::Garbage => {
            let letters = fault.strikes() * meddler::LETTERS;
            letters..=letters + meddler::EMPTY
        }
        What::Poison(_) => 1..=1,
        _ => 0..=0,
    }
}

/// For whoever looks for the reason: the rows that are not closed, and all that decides about them.
fn what_is_open(world: &World, run: RunId) -> String {
    let look = |what: &str| tokio::task::block_in_place(|| world.servers.sql(what));
    let of_run =
        |table: &str| look(&format!("SELECT '{table}', t.* FROM {table} t WHERE run_id = {run} LIMIT 20"));
    let tables = ["queue", "leases", "run_hosts", "runs", "run_counts"].map(of_run);
    let hosts = look("SELECT 'hosts', (extract(epoch from now()) * 1000)::bigint AS now, t.* FROM hosts t");
    let segments =
        look(&format!("SELECT 'segments', t.* FROM segments t WHERE run_id = {run} AND state = 0"));
    format!("{}\n{hosts}\n{segments}", tables.join("\n"))
}

/// Waits until the sites have seen so many requests, or for a while.
pub(crate) async fn until_hits(world: &World, hits: usize) {
    let until = Instant::now() + NEXT;
    while world.sites.hits() < hits && Instant::now() < until {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn is_over(world: &World, run: RunId) -> bool {
    world.store().await.summary(run).await.is_ok_and(|summary| summary.state.is_over())
}

/// Waits for a run's end; whether it came.
pub(crate) async fn until_over(world: &World, run: RunId) -> bool {
    let until = Instant::now() + PATIENCE;
    let store = world.store().await;
    while Instant::now() < until {
        if store.summary(run).await.is_ok_and(|summary| summary.state.is_over()) {
            return true;
        }
        sleep(Duration::from_millis(100)).await;
    }
    false
}
