//! A small world, and how to look at it.

use chaos::fleet::{HASTY, Settings, Size};
use chaos::sites::{Sites, serve};
use chaos::world::World;
use shared::frontier::AdmitRules;
use shared::ids::RunId;
use shared::job::{Delay, Job, RobotsMode};
use shared::ports::store::{Frontier, NewRun, Runs};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use testkit::site::SiteSpec;
use testkit::suites::store::page;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

/// No wait in a test is longer.
pub const PATIENCE: Duration = Duration::from_secs(240);
/// URLs admitted in one transaction.
const CHUNK: u64 = 5_000;

/// A world that is alone on its machine, as far as these tests go.
pub struct Alone {
    pub world: World,
    pub _folder: TempDir,
    pub _turn: MutexGuard<'static, ()>,
}

/// One test at a time: each needs the machine for itself.
pub async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// Starts a world with so many small sites of so many pages.
pub async fn alone(sites: usize, pages: u32, size: Size, more: &Settings) -> Alone {
    let turn = turn().await;
    let folder = tempfile::Builder::new().prefix("harvestman-fleet-").tempdir().expect("a folder");
    let mut all = Vec::new();
    for n in 0..sites {
        let spec = SiteSpec { seed: n as u64 + 1, page_bytes: 2_000, ..SiteSpec::clean(pages) };
        all.push(serve(SiteSpec { links_per_page: 8, ..spec }, n).await);
    }
    let settings: Vec<_> = HASTY.iter().chain(more).copied().collect();
    let world = World::start(Sites(all), &size, &settings, folder.path()).await;
    Alone { world, _folder: folder, _turn: turn }
}

/// A job of these seeds that asks for robots.txt of nobody.
pub fn job(seeds: impl IntoIterator<Item = String>, delay: Duration) -> Job {
    let mut job = Job::of_seeds(seeds);
    job.politeness.delay = Delay::Fixed(delay);
    job.politeness.robots = RobotsMode::Ignore;
    job.request.timeouts.total = shared::job::Span(Duration::from_secs(3));
    job
}

/// A run with a large frontier: so many URLs of each of these sites, none of which is there.
pub async fn giant(world: &World, sites: &[usize], urls: u64, delay: Duration) -> RunId {
    let origins: Vec<String> = sites.iter().map(|site| world.sites.0[*site].origin().to_owned()).collect();
    let job = Arc::new(job(origins.iter().map(|origin| format!("{origin}/giant")), delay));
    let store = world.store().await;
    let run = store.create_run(NewRun::of(job)).await.expect("a run");
    let rules = AdmitRules { urls: u64::MAX, urls_per_host: u64::MAX, robots: false };
    for origin in &origins {
        for first in (0..urls).step_by(CHUNK as usize) {
            let chunk =
                (first..urls.min(first + CHUNK)).map(|n| page(run, origin, &format!("giant/{n}"))).collect();
            store.admit(run, rules, chunk).await.expect("admission");
        }
    }
    run
}

/// Waits until a run is over; how long that took from here.
pub async fn over(world: &World, run: RunId) -> Duration {
    let began = Instant::now();
    let store = world.store().await;
    loop {
        let summary = store.summary(run).await.expect("a summary");
        if summary.state.is_over() {
            return began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "the run does not end: {:?}", summary.counts);
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits for something that the sites see.
pub async fn until_hits(world: &World, hits: usize) {
    let began = Instant::now();
    while world.sites.hits() < hits {
        assert!(began.elapsed() < PATIENCE, "{} of {hits} requests", world.sites.hits());
        sleep(Duration::from_millis(20)).await;
    }
}

/// Runs a statement without being in the way of others.
pub fn sql(world: &World, statement: &str) -> String {
    tokio::task::block_in_place(|| world.servers.sql(statement))
}
