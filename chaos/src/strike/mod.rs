//! Doing it: a fault at a running world, and what it takes to make it good again. Nothing here repairs what
//! the fleet has to repair by itself.

mod armed;
mod broker;
mod crowd;
mod database;
mod orders;

pub use armed::{Armed, Poison};

use crate::dice::Dice;
use crate::faults::{Fault, What};
use crate::meddler;
use crate::process::Role;
use crate::servers::Server;
use crate::world::World;
use shared::ids::RunId;
use std::time::Duration;
use testkit::proxy::Through;
use tokio::time::sleep;

/// Longer than a lease lives in a hasty fleet: slice, total time-out and margin.
const LONGER_THAN_A_LEASE: Duration = Duration::from_millis(7_500);
/// How long something is out of order.
const A_WHILE: Duration = Duration::from_secs(4);
/// How long a long hole is.
const LONG: Duration = Duration::from_secs(120);

/// Lets a fault strike for the so manieth time, and returns when it is over.
///
/// # Errors
/// What could not be brought about.
pub async fn strike(
    world: &World,
    run: RunId,
    fault: &Fault,
    nth: u64,
    dice: &mut Dice,
) -> Result<(), String> {
    let fleet = &world.fleet;
    let n = dice.below(8) as usize;
    match fault.what {
        // These are armed before the run begins.
        What::Nothing | What::Crash(..) | What::Poison(_) | What::Api(_) => {}
        What::Kill(role) => fleet.one(role, n).process.kill().await,
        What::KillAll => orders::kill_all(world, nth, dice).await,
        What::Freeze(role) => {
            let process = &fleet.one(role, n).process;
            process.signal("-STOP").await;
            sleep(LONGER_THAN_A_LEASE).await;
            process.signal("-CONT").await;
        }
        What::Broker(what) => broker::strike(world, what).await?,
        What::Database(what) => database::strike(world, run, what).await?,
        What::Archive(what) => {
            let faults = world.servers.s3.faults();
            let before = faults.met();
            faults.always(Some(what));
            sleep(A_WHILE).await;
            faults.always(None);
            if faults.met() == before {
                return Err("nobody asked the archive meanwhile".into());
            }
        }
        What::Refused(server) => {
            holes(world, None, server, Through::Refused, A_WHILE).await;
        }
        What::Hole(role, server, through) => {
            let spell = if dice.chance(50) { A_WHILE } else { LONGER_THAN_A_LEASE };
            holes(world, Some(role), server, through, spell).await;
        }
        What::LongHoles => long_holes(world, dice).await,
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
        What::Garbage => meddler::litter(world.servers.queue_url(), dice).await,
    }
    Ok(())
}

/// So it is with a server for a while, for all or for one service.
async fn holes(world: &World, role: Option<Role>, server: Server, through: Through, spell: Duration) {
    let members =
        || world.fleet.members.iter().filter(|member| role.is_none_or(|role| role == member.process.role));
    members().for_each(|member| member.ways.to(server).let_through(through));
    sleep(spell).await;
    members().for_each(|member| member.ways.to(server).let_through(Through::Both));
}

/// Each process has lost one of the servers that it needs, the next of its service another one.
async fn long_holes(world: &World, dice: &mut Dice) {
    let lost: Vec<_> = world
        .fleet
        .members
        .iter()
        .map(|member| {
            let needs = match member.process.role {
                Role::Worker => [Server::Broker, Server::Archive],
                Role::Dispatcher => [Server::Database, Server::Broker],
                Role::Parser | Role::Api => [Server::Database, Server::Archive],
            };
            member.ways.to(needs[member.process.n % 2])
        })
        .collect();
    for way in &lost {
        way.let_through(dice.pick(&[Through::Nothing, Through::ToServer, Through::ToClient]));
    }
    sleep(LONG).await;
    lost.iter().for_each(|way| way.let_through(Through::Both));
}
