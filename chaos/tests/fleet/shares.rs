//! A giant run does not starve a small one, be it on other hosts or on the same.

use crate::common::{Alone, alone, giant, job, over, until_hits};
use chaos::fleet::{Settings, Size};
use chaos::world::World;
use shared::ports::store::{Command, Runs};
use std::time::Duration;

/// URLs of a giant run at each of its hosts.
const GIANT: u64 = 20_000;
/// URLs of a small run.
const SMALL: usize = 300;
/// Hosts of the giant run that are not the small one's.
const HOSTS: usize = 10;
/// Fewer hands than the giant run could use.
const FEW: &Settings = &[("HARVESTMAN_WORKER_LEASES", "4"), ("HARVESTMAN_DISPATCHER_MAX_OFFERED", "8")];

/// Harvests a small run of one site; how long it takes, and its share of that site's requests meanwhile.
async fn small(world: &World, site: usize, name: &str, delay: Duration) -> (Duration, f64) {
    let site = &world.sites.0[site];
    let seeds = (0..SMALL).map(|n| format!("{}/{name}/{n}", site.origin()));
    let run = world.begin(job(seeds, delay)).await;
    let took = over(world, run).await;
    let own = format!("/{name}/");
    let share = site.log().with(|hits| {
        let of_own: Vec<usize> =
            hits.iter().enumerate().filter(|(_, hit)| hit.target.starts_with(&own)).map(|(n, _)| n).collect();
        let (first, last) = (of_own[0], of_own[of_own.len() - 1]);
        of_own.len() as f64 / (last - first + 1) as f64
    });
    (took, share)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_giant_run_does_not_starve_a_small_one() {
    let size = Size { dispatchers: 1, workers: 1, parsers: 1 };
    let Alone { world, _folder, _turn } = alone(HOSTS + 1, 2, size, FEW).await;
    for site in &world.sites.0 {
        site.turn(|knobs| knobs.latency_ms = 20);
    }
    let (alone, _) = small(&world, 0, "alone", Duration::ZERO).await;

    let others: Vec<usize> = (1..=HOSTS).collect();
    let run = giant(&world, &others, GIANT, Duration::ZERO).await;
    until_hits(&world, world.sites.hits() + 200).await;
    let (beside, _) = small(&world, 0, "beside", Duration::ZERO).await;
    eprintln!(
        "a small run of {SMALL} URLs: {alone:?} alone, {beside:?} beside one of {}",
        GIANT * HOSTS as u64
    );
    // It has two of at most four hands, and waits for offers that were made before.
    assert!(beside < alone * 6 + Duration::from_secs(2), "{beside:?} beside, {alone:?} alone");
    let store = world.store().await;
    store.command(run, Command::Cancel).await.expect("cancelled");

    let delay = Duration::from_millis(10);
    let run = giant(&world, &[0], GIANT * HOSTS as u64, delay).await;
    until_hits(&world, world.sites.hits() + 50).await;
    let (took, share) = small(&world, 0, "shared", delay).await;
    eprintln!(
        "on the host of a giant run of {}: {took:?}, {:.0} % of its requests",
        GIANT * HOSTS as u64,
        share * 100.0
    );
    assert!((0.35..0.65).contains(&share), "{share}");
    store.command(run, Command::Cancel).await.expect("cancelled");
    world.fleet.end().await;
}
