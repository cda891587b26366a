//! Ctrl-C.

use crate::common::World;
use crate::common::world::clean;
use rustix::process::Signal;
use testkit::site::{Fault, FaultKind};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_ends_with_130_and_resume_completes() {
    for signal in [Signal::INT, Signal::TERM] {
        let world = World::of(clean(300)).await;
        let alive = world.crawl().start();
        world.site.log().until(60).await;
        alive.signal(signal);
        let ended = alive.end().await.says(130, &["--resume"]);
        let summary = ended.summary();
        assert_ne!(summary["state"], "done", "{summary}");
        assert_eq!(summary["counts"]["records"], world.records().len(), "what was drained is written too");

        let ended = world.crawl().with(["--resume"]).end().await.done();
        assert_eq!(ended.summary()["counts"]["pages"], 300);
        let verdict = world.verdict();
        assert!(verdict.is_perfect(), "what was drained is not asked again: {verdict}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_ctrl_c_ends_at_once() {
    let world = World::of(clean(30)).await;
    // The drain has to wait for this answer.
    world.site.fault("/", Fault { kind: FaultKind::Late(3_600_000), times: None });
    let alive = world.crawl().start();
    world.site.log().until(2).await;
    alive.signal(Signal::INT);
    alive.until_it_says("Ctrl-C again").await;
    alive.signal(Signal::INT);
    assert_eq!(alive.end().await.code, Some(130));
    world.site.turn(|knobs| knobs.faults.clear());
    world.crawl().with(["--resume"]).end().await.done();
    assert_eq!(world.verdict().missing_records, [""; 0]);
}
