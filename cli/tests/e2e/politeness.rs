//! The pause between two requests, as the site's own log has it.

use crate::common::World;
use crate::common::world::clean;
use std::time::Duration;

const DELAY: Duration = Duration::from_millis(300);

/// Harvests a small site, and tells the shortest gap between any two requests, robots.txt included.
async fn shortest_gap(world: &World, flags: &[&str]) -> Duration {
    let ended = world.crawl().with(flags).end().await.done();
    assert_eq!(ended.summary()["counts"]["pages"], 12);
    assert!(world.verdict().is_perfect(), "{}", world.verdict());
    world.site.log().shortest_gap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_robots_file_asks_for_a_delay() {
    for flags in [
        ["--delay", "0"].as_slice(),
        &["--delay", "auto"],
        &["--delay", "0", "--concurrency", "8", "--lanes", "4"],
    ] {
        let world = World::of(clean(12)).await;
        world.site.turn(|knobs| knobs.robots.crawl_delay = Some(DELAY.as_secs_f64()));
        let gap = shortest_gap(&world, flags).await;
        assert!(gap >= DELAY, "{flags:?}: {gap:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_asks_for_a_delay() {
    let world = World::of(clean(12)).await;
    let gap = shortest_gap(&world, &["--delay", "300ms"]).await;
    assert!(gap >= DELAY, "{gap:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longer_delay_wins() {
    let world = World::of(clean(12)).await;
    world.site.turn(|knobs| knobs.robots.crawl_delay = Some(0.05));
    let gap = shortest_gap(&world, &["--delay", "300ms"]).await;
    assert!(gap >= DELAY, "{gap:?}");
}

/// With `auto`, a host that takes long to answer is left alone for as long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_default_a_slow_host_is_asked_slowly() {
    let world = World::of(clean(12)).await;
    world.site.turn(|knobs| knobs.latency_ms = 100);
    let gap = shortest_gap(&world, &["--delay", "auto"]).await;
    assert!(gap >= Duration::from_millis(100), "{gap:?}");
}

/// A new process does not know when the last one asked. The delay is longer than any pause that it makes
/// for another reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delay_outlives_the_process() {
    let delay = Duration::from_millis(1_800);
    let world = World::of(clean(4)).await;
    world.site.turn(|knobs| knobs.robots.crawl_delay = Some(delay.as_secs_f64()));
    let alive = world.crawl().start();
    // robots.txt and the home page are one lease, which tells the store of the delay.
    world.site.log().until(3).await;
    assert!(alive.kill().await);
    world.crawl().with(["--resume"]).end().await.done();
    let gap = world.site.log().shortest_gap().unwrap();
    assert!(gap >= delay, "{gap:?}: {:?}", world.site.log().hits());
}
