//! A host is asked by all of the fleet together as its job says, whoever dies.

use crate::common::{Alone, alone, job, over, until_hits};
use chaos::fleet::Size;
use chaos::judge::judge;
use chaos::process::Role;
use std::time::Duration;

/// Hosts that are asked one request at a time, with a pause.
const PACED: usize = 40;
/// Hosts that are asked several at a time, without.
const QUICK: usize = 10;
const PAGES: u32 = 15;
const DELAY: Duration = Duration::from_millis(200);
/// Requests under way in one lease, and leases, of a quick host.
const CONCURRENCY: u16 = 3;
const LANES: u16 = 2;
/// How long the sites take for an answer, so that requests meet.
const LATENCY_MS: u64 = 30;
/// What each kill may have asked again: all that one worker has leased.
const AGAIN: usize = 8 * 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_are_asked_as_their_job_says_whoever_dies() {
    let size = Size { dispatchers: 2, workers: 4, parsers: 1 };
    let Alone { mut world, _folder, _turn } = alone(PACED + QUICK, PAGES, size, &[]).await;
    for site in &world.sites.0 {
        site.turn(|knobs| knobs.latency_ms = LATENCY_MS);
    }
    let home = |site: &testkit::site::Running| format!("{}/", site.origin());
    let mut paced = job(world.sites.0[..PACED].iter().map(home), DELAY);
    let mut quick = job(world.sites.0[PACED..].iter().map(home), Duration::ZERO);
    quick.politeness.concurrency = Some(CONCURRENCY);
    quick.politeness.lanes = LANES;
    for job in [&mut paced, &mut quick] {
        job.politeness.robots = shared::job::RobotsMode::Obey;
        job.limits.tries = 10;
        job.extract = Some(testkit::site::extract());
    }
    let runs = [world.begin(paced).await, world.begin(quick).await];
    let requests = (PACED + QUICK) * PAGES as usize;
    for n in 0..4 {
        until_hits(&world, requests * (n + 1) / 6).await;
        world.fleet.one(Role::Worker, n).process.kill().await;
        world.fleet.one(Role::Dispatcher, n).process.kill().await;
    }
    for run in runs {
        over(&world, run).await;
    }
    let quick = world.sites.0.split_off(PACED);
    let gaps = world.sites.0.iter().filter_map(|site| site.log().shortest_gap());
    eprintln!("shortest gap of {PACED} hosts with a delay of {DELAY:?}: {:?}", gaps.min());
    eprintln!("most at once: {:?}", quick.iter().map(|site| site.log().most_at_once()).max());
    for site in &world.sites.0 {
        assert_eq!(site.log().most_at_once(), 1, "{}", site.origin());
    }
    for site in &quick {
        let most = site.log().most_at_once();
        assert!(most <= usize::from(CONCURRENCY * LANES), "{}: {most} at once", site.origin());
    }
    let judgement = judge(&world, runs[0], DELAY, 4 * AGAIN).await;
    assert!(judgement.is_good(), "{judgement:?}");
    world.sites.0 = quick;
    let judgement = judge(&world, runs[1], Duration::ZERO, 4 * AGAIN).await;
    assert!(judgement.is_good(), "{judgement:?}");
    world.fleet.end().await;
}
