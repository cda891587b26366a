//! SIGKILL at any moment; then `--resume`.

use crate::common::world::clean;
use crate::common::{World, warc};
use std::collections::HashMap;
use std::path::Path;
use testkit::site::{Fault, FaultKind, Hit, Verdict};

const KILLS: usize = 5;
/// URLs in a lease; the job has one lane, so no more than these are under way.
const LEASE: usize = 100;

/// Numbers that are the same in every test run (splitmix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

/// All is there and right, whatever was asked twice.
#[track_caller]
fn whole(verdict: &Verdict) {
    let but_twice = Verdict { fetched_twice: Vec::new(), ..verdict.clone() };
    assert!(but_twice.is_perfect(), "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_kills_and_every_page_and_record_once() {
    let world = World::of(clean(600)).await;
    let mut job = world.job();
    job.politeness.lanes = 1;
    let out = ["--out".into(), world.path("records.jsonl").into_os_string()];
    let mut random = Seeded(7);
    let mut kills = 0;
    for turn in 0..KILLS {
        let resume = (turn > 0).then_some("--resume");
        let alive = world.crawl_job(&job).with(&out).with(resume).start();
        let more = 1 + random.below(90);
        world.site.log().until(world.site.log().len() + more).await;
        kills += usize::from(alive.kill().await);
    }
    assert_eq!(kills, KILLS, "each one met a living process");

    let ended = world.crawl_job(&job).with(&out).with(["--resume"]).end().await.done();
    whole(&world.verdict());
    let counts = &ended.summary()["counts"];
    assert_eq!((&counts["pages"], &counts["records"]), (&600.into(), &599.into()), "{ended:?}");

    let mut asked: HashMap<String, usize> = HashMap::new();
    for hit in world.site.log().hits() {
        *asked.entry(hit.target).or_default() += 1;
    }
    let again: usize = asked.values().map(|times| times - 1).sum();
    assert!(again <= KILLS * LEASE, "{again} requests were repeated");

    let books = world.store().await;
    let runs = books.runs().await;
    assert_eq!(runs.len(), 1);
    books.are_right(runs[0].run).await;
    warc::every_file_is_right(&world.data()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_run_is_resumed_by_writing_its_output_again() {
    let world = World::of(clean(40)).await;
    world.crawl().end().await.done();
    let first = std::fs::read(world.path("records.jsonl")).unwrap();
    std::fs::write(world.path("records.jsonl"), "something else").unwrap();
    let requests = world.site.log().len();

    let ended = world.crawl().with(["--resume"]).end().await.done();
    assert_eq!(ended.summary()["state"], "done");
    assert_eq!(std::fs::read(world.path("records.jsonl")).unwrap(), first);
    assert_eq!(world.site.log().len(), requests);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resuming_may_name_other_outputs() {
    let world = World::of(clean(40)).await;
    world.crawl().end().await.done();
    let first = world.records();
    let other = world.path("other.jsonl");
    std::fs::remove_file(world.path("records.jsonl")).unwrap();
    let call = world.crawl_job(&world.job()).with(["--resume".as_ref(), "--out".as_ref(), other.as_os_str()]);
    call.end().await.done();
    assert_eq!(crate::common::records::jsonl(&other), first);
    assert!(!world.path("records.jsonl").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_run_was_created() {
    let world = World::of(clean(40)).await;
    world.crawl().start().kill().await;
    let ended = world.crawl().with(["--resume"]).end().await.done();
    assert_eq!(ended.summary()["counts"]["pages"], 40);
    assert!(world.verdict().is_perfect(), "{}", world.verdict());
}

/// The database as it was before the last segments were told to it: as after a kill between archive and
/// queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_archived_is_not_asked_for_again() {
    let world = World::of(clean(10)).await;
    let late = Fault { kind: FaultKind::Late(3_600_000), times: None };
    for page in world.site.truth().pages().skip(1) {
        world.site.fault(page.url.strip_prefix(world.site.origin()).unwrap(), late.clone());
    }
    let alive = world.crawl().start();
    // A page that only the home page leads to is asked for: the home page is applied.
    let asked = |hits: &[Hit]| hits.iter().any(|hit| hit.target.starts_with("/p"));
    let mut count = 1;
    while !world.site.log().with(asked) {
        world.site.log().until(count).await;
        count = world.site.log().len() + 1;
    }
    assert!(alive.kill().await);
    let (data, early) = (world.data(), world.path("early"));
    copy(&data, &early);
    world.site.turn(|knobs| knobs.faults.clear());
    world.crawl().with(["--resume"]).end().await.done();
    let requests = world.site.log().len();

    copy(&early, &data);
    let ended = world.crawl().with(["--resume"]).end().await.done();
    assert_eq!(ended.summary()["counts"]["pages"], 10, "{ended:?}");
    assert_eq!(world.site.log().len(), requests, "nothing is fetched again");
    whole(&world.verdict());
    let books = world.store().await;
    books.are_right(books.runs().await[0].run).await;
}

/// Copies the database's files, and removes those that are not there.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in ["harvestman.db", "harvestman.db-wal", "harvestman.db-shm"] {
        let _not_there = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}
