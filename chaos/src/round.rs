//! One round: a run over the sites, and one fault that strikes a few times in the middle of it.

use crate::dice::Dice;
use crate::faults::{Fault, What};
use crate::judge::{Judgement, judge};
use crate::strike::strike;
use crate::world::World;
use shared::ids::RunId;
use shared::ports::store::Runs;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two requests to one host.
pub const DELAY: Duration = Duration::from_millis(25);
/// How often a fault strikes in a round.
const STRIKES: u64 = 2;
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
    /// Processes that died though nobody meant it to.
    pub died: u64,
}

/// Plays it.
pub async fn play(world: &World, fault: &Fault, dice: &mut Dice) -> Played {
    world.sites.reset();
    let died = world.fleet.died();
    let began = Instant::now();
    let run = world.begin(world.sites.job(DELAY)).await;
    let strikes = if fault.what == What::Nothing { 0 } else { STRIKES };
    let mut first = 0;
    for _ in 0..strikes {
        first += 5 + dice.below(world.sites.pages() as u64 / STRIKES);
        until_hits(world, first as usize).await;
        strike(world, fault, dice).await;
    }
    world.fleet.heal().await;
    let over = until_over(world, run).await;
    let took = began.elapsed();
    let requests = world.sites.hits();
    let again = strikes as usize * UNDER_WAY;
    let mut judgement = judge(world, run, DELAY, again).await;
    if !over {
        judgement.broken.insert(0, format!("I7: the run does not end:\n{}", what_is_open(world, run)));
    }
    Played { judgement, took, requests, died: world.fleet.died() - died }
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

async fn until_hits(world: &World, hits: usize) {
    let until = Instant::now() + NEXT;
    while world.sites.hits() < hits && Instant::now() < until {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn until_over(world: &World, run: RunId) -> bool {
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
