//! Doing it: a fault at a running world, and what it takes to make it good again. Nothing here repairs what
//! the fleet has to repair by itself.

use crate::dice::Dice;
use crate::faults::{Broker, Database, Fault, What};
use crate::meddler;
use crate::process::Role;
use crate::world::World;
use std::time::Duration;
use testkit::proxy::Through;
use testkit::servers::postgres::Stop;
use tokio::time::{sleep, timeout};

/// Longer than a lease lives in a hasty fleet: slice, total time-out and margin.
const LONGER_THAN_A_LEASE: Duration = Duration::from_millis(7_500);
/// How long a process may take until it comes by its crash point.
const UNTIL_CRASH: Duration = Duration::from_secs(8);
/// How long something is out of order.
const A_WHILE: Duration = Duration::from_secs(4);

/// Lets it happen, and returns when it is over.
pub async fn strike(world: &World, fault: &Fault, dice: &mut Dice) {
    let fleet = &world.fleet;
    let n = dice.below(8) as usize;
    match fault.what {
        What::Nothing => {}
        What::Crash(role, point) => {
            let nth = 1 + dice.below(4);
            let mut crashed = fleet.one(role, n).process.crash_at(&format!("{point}:{nth}"));
            // It may have nothing to do that leads there; then the next strike does it.
            let _came_by = timeout(UNTIL_CRASH, crashed.changed()).await;
        }
        What::Kill(role) => fleet.one(role, n).process.kill().await,
        What::KillAll => kill_all(world, dice).await,
        What::Freeze(role) => {
            let process = &fleet.one(role, n).process;
            process.signal("-STOP").await;
            sleep(LONGER_THAN_A_LEASE).await;
            process.signal("-CONT").await;
        }
        What::Broker(what) => broker(world, what).await,
        What::Database(what) => database(world, what).await,
        What::Archive(what) => {
            world.servers.s3.faults().always(Some(what));
            sleep(A_WHILE).await;
            world.servers.s3.faults().always(None);
        }
        What::Hole(role, server, through) => {
            let spell = if dice.chance(50) { A_WHILE } else { LONGER_THAN_A_LEASE };
            for member in fleet.of(role) {
                member.ways.to(server).let_through(through);
            }
            sleep(spell).await;
            for member in fleet.of(role) {
                member.ways.to(server).let_through(Through::Both);
            }
        }
        What::SilentSite => {
            for site in &world.sites.0 {
                site.turn(|knobs| knobs.latency_ms = 60_000);
            }
            sleep(A_WHILE).await;
            for site in &world.sites.0 {
                site.turn(|knobs| knobs.latency_ms = 0);
            }
        }
        What::Meddler => meddler::meddle(world.servers.queue_url(), A_WHILE, dice).await,
        What::Garbage => meddler::litter(world.servers.queue_url()).await,
    }
}

async fn kill_all(world: &World, dice: &mut Dice) {
    let members = &world.fleet.members;
    for member in members {
        member.process.down().await;
    }
    let mut order: Vec<usize> = (0..members.len()).collect();
    while !order.is_empty() {
        let next = order.remove(dice.below(order.len() as u64) as usize);
        members[next].process.up();
        sleep(Duration::from_millis(dice.below(300))).await;
    }
}

async fn broker(world: &World, what: Broker) {
    let rabbit = &world.servers.rabbit;
    match what {
        Broker::Kill => rabbit.restart().await,
        Broker::KillFresh => {
            rabbit.kill9();
            rabbit.wipe();
            rabbit.restart().await;
            sleep(Duration::from_millis(700)).await;
            rabbit.restart().await;
        }
        Broker::Wipe => {
            rabbit.kill9();
            rabbit.wipe();
            rabbit.restart().await;
        }
        Broker::Freeze => {
            rabbit.stop();
            sleep(LONGER_THAN_A_LEASE).await;
            rabbit.r#continue();
        }
        Broker::Alarm => {
            rabbit.alarm(true);
            sleep(LONGER_THAN_A_LEASE).await;
            rabbit.alarm(false);
        }
        Broker::DeleteQueues => {
            for lane in ["fetch", "fetch.urgent", "claim", "paced", "parse", "parse.urgent"] {
                let path = format!("/api/queues/{}/harvestman.{lane}", world.servers.vhost());
                // One that is not there is deleted as well.
                let _deleted = rabbit.manage("DELETE", &path, "").await;
            }
        }
        Broker::ConsumerTimeout => {
            rabbit.consumer_timeout(Some(Duration::from_secs(1)));
            sleep(LONGER_THAN_A_LEASE).await;
            rabbit.consumer_timeout(None);
        }
    }
}

async fn database(world: &World, what: Database) {
    let servers = &world.servers;
    let (postgres, database) = (&servers.postgres, &servers.database);
    // These are programs that are waited for; the sites are served by other threads meanwhile.
    match what {
        Database::Fast => tokio::task::block_in_place(|| postgres.restart(Stop::Fast)),
        Database::Immediate => tokio::task::block_in_place(|| postgres.restart(Stop::Immediate)),
        Database::Kill => tokio::task::block_in_place(|| {
            postgres.kill();
            postgres.resume();
        }),
        Database::Terminate => tokio::task::block_in_place(|| postgres.terminate(database)),
        Database::ReadOnly => {
            let set = |on: &str| {
                tokio::task::block_in_place(|| {
                    let change =
                        format!("ALTER DATABASE {database} SET default_transaction_read_only = {on}");
                    postgres.sql("postgres", &change);
                    postgres.terminate(database);
                });
            };
            set("on");
            sleep(A_WHILE).await;
            set("off");
        }
        Database::Freeze => {
            tokio::task::block_in_place(|| postgres.freeze());
            sleep(LONGER_THAN_A_LEASE).await;
            tokio::task::block_in_place(|| postgres.thaw());
        }
    }
}

/// The service that a fault is about, if it is about one.
pub fn role(fault: &Fault) -> Option<Role> {
    match fault.what {
        What::Crash(role, _) | What::Kill(role) | What::Freeze(role) | What::Hole(role, ..) => Some(role),
        _ => None,
    }
}
