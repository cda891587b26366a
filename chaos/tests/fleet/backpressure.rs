//! What is slow slows the workers, and nothing grows meanwhile.

use crate::common::{Alone, PATIENCE, alone, giant, sql, until_hits};
use chaos::fleet::{Settings, Size};
use chaos::process::Role;
use chaos::world::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const HOSTS: usize = 6;
/// URLs at each host: more than are fetched in this test.
const URLS: u64 = 20_000;
/// Leases of a worker.
const HANDS: u64 = 4;
const WORKERS: u64 = 2;
const OFFERED: u64 = 8;
const HANDED: u64 = 20;
const LIMITS: &Settings = &[
    ("HARVESTMAN_WORKER_LEASES", "4"),
    ("HARVESTMAN_DISPATCHER_MAX_OFFERED", "8"),
    ("HARVESTMAN_DISPATCHER_MAX_HANDED", "20"),
];
/// How long something is slow.
const SPELL: Duration = Duration::from_secs(8);
/// The most that a process may have resident.
const MEMORY: u64 = 200 << 20;

/// What was seen in a while.
#[derive(Debug, Default)]
struct Seen {
    /// Requests a second, and in the last second.
    rate: f64,
    last: usize,
    /// Leases: the most that were offered or granted, and handed.
    held: u64,
    handed: u64,
}

async fn look(world: &World, spell: Duration) -> Seen {
    let (began, first) = (Instant::now(), world.sites.hits());
    let mut seen = Seen::default();
    while began.elapsed() < spell {
        let before = world.sites.hits();
        sleep(Duration::from_secs(1)).await;
        seen.last = world.sites.hits() - before;
        let counts =
            "SELECT count(*) FILTER (WHERE state < 2), count(*) FILTER (WHERE state = 2) FROM leases";
        let counts = sql(world, counts);
        let (held, handed) = counts.split_once('|').expect("two numbers");
        seen.held = seen.held.max(held.parse().expect("a number"));
        seen.handed = seen.handed.max(handed.parse().expect("a number"));
    }
    seen.rate = (world.sites.hits() - first) as f64 / began.elapsed().as_secs_f64();
    seen
}

/// Nothing is more than the fleet can use.
fn bounded(what: &str, seen: &Seen) {
    eprintln!("{what}: {seen:?}");
    assert!(seen.held <= OFFERED + WORKERS * HANDS, "{what}: {seen:?}");
    assert!(seen.handed <= HANDED + OFFERED + WORKERS * HANDS, "{what}: {seen:?}");
}

/// What they hold is done, and they begin nothing else.
async fn quiet(world: &World) {
    let began = Instant::now();
    while look(world, Duration::from_secs(1)).await.last > 0 {
        assert!(began.elapsed() < PATIENCE, "workers go on");
    }
}

/// It goes on as before.
async fn recovers(world: &World) {
    let began = Instant::now();
    until_hits(world, world.sites.hits() + 300).await;
    eprintln!("300 requests in {:?} afterwards", began.elapsed());
    assert!(began.elapsed() < PATIENCE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_slow_slows_the_workers() {
    let size = Size { dispatchers: 1, workers: WORKERS as usize, parsers: 1 };
    let Alone { world, _folder, _turn } = alone(HOSTS, 2, size, LIMITS).await;
    let world = Arc::new(world);
    for site in &world.sites.0 {
        site.turn(|knobs| knobs.latency_ms = 20);
    }
    let sites: Vec<usize> = (0..HOSTS).collect();
    let _run = giant(&world, &sites, URLS, Duration::ZERO).await;
    until_hits(&world, 300).await;
    let usual = look(&world, Duration::from_secs(4)).await;
    bounded("as usual", &usual);

    let parser = &world.fleet.one(Role::Parser, 0).process;
    parser.signal("-STOP").await;
    let seen = look(&world, SPELL).await;
    bounded("a parser that stands still", &seen);
    quiet(&world).await;
    parser.signal("-CONT").await;
    recovers(&world).await;

    // In a task of its own, because a look waits for the database as well.
    let (at, stop) = (world.clone(), CancellationToken::new());
    let slow = tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
        loop {
            tokio::task::block_in_place(|| at.servers.postgres.freeze());
            sleep(Duration::from_millis(400)).await;
            tokio::task::block_in_place(|| at.servers.postgres.thaw());
            sleep(Duration::from_millis(100)).await;
        }
    }));
    let seen = look(&world, SPELL).await;
    stop.cancel();
    slow.await.expect("it ends");
    tokio::task::block_in_place(|| world.servers.postgres.thaw());
    bounded("a database that answers now and then", &seen);
    recovers(&world).await;

    tokio::task::block_in_place(|| world.servers.rabbit.alarm(true));
    let seen = look(&world, SPELL).await;
    bounded("a broker without memory", &seen);
    quiet(&world).await;
    tokio::task::block_in_place(|| world.servers.rabbit.alarm(false));
    recovers(&world).await;

    let most = world.fleet.members.iter().map(|member| member.process.memory()).max();
    eprintln!("most memory of a process: {:?} MiB", most.map(|bytes| bytes >> 20));
    assert!(most.is_some_and(|bytes| bytes < MEMORY));
    assert_eq!(world.fleet.died(), 0, "a process died");
    world.fleet.end().await;
}
