//! Many at once: dispatchers and parsers on one database, each with connections of its own.

use crate::common::{Database, clock, connect};
use crate::work::{self, report};
use backends::postgres::PostgresStore;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{Incarnation, LeaseId, RunId, UrlId};
use shared::job::{Delay, Job, RobotsMode};
use shared::messages::{Claim, Grant};
use shared::ports::store::{
    Audit, Frontier, GrantPolicy, NewRun, OfferPolicy, PageSelection, ParsedSegment, Reads, Results,
    RunState, Runs, SweepPolicy,
};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

const RULES: AdmitRules = AdmitRules { urls: u64::MAX, urls_per_host: u64::MAX, robots: false };
const SLICE: Duration = Duration::from_secs(30);
/// Pages of a run; each links to others, on other hosts too.
const PAGES: u64 = 600;
const HOSTS: u64 = 12;
const FLEET: usize = 4;

fn page(run: RunId, n: u64) -> Admission {
    work::page(run, &format!("https://h{}.example", n % HOSTS), n)
}

fn parsed(grant: &Grant) -> ParsedSegment {
    work::parsed(grant, RULES, |n| {
        let links = [n * 2 + 1, n * 2 + 2, n * 7 % PAGES].into_iter().filter(|n| *n < PAGES);
        links.map(|n| page(grant.run, n)).collect()
    })
}

/// One member of the fleet: dispatcher, worker and parser on a store of its own, until the runs are over.
async fn work(store: PostgresStore, name: usize, runs: Vec<RunId>, offered: Arc<Mutex<HashSet<LeaseId>>>) {
    let worker = Incarnation(format!("w{name}"));
    let offer = OfferPolicy {
        max_offered: 16,
        max_handed: 500,
        urls: 10,
        slice: SLICE,
        offer_ttl: SLICE,
        rendered: 0,
    };
    let sweep = SweepPolicy { announce_after: SLICE, give_up_after: SLICE, chunk: 100 };
    loop {
        for made in store.offer(offer).await.unwrap().offers {
            assert!(offered.lock().await.insert(made.offer.lease), "a lease was offered twice");
            let claim = Claim { lease: made.offer.lease, host: made.offer.host, worker: worker.clone() };
            let policy = GrantPolicy { slice: SLICE, margin: SLICE };
            let grant = store.grant(&claim, policy).await.unwrap().expect("nobody else claims it");
            let segment = parsed(&grant);
            let report = report(&grant, &worker, segment.at.clone());
            // The report and the segment arrive in any order, and at the same time; the segment twice.
            let (first, again, reported) =
                tokio::join!(store.apply(segment.clone()), store.apply(segment), store.report(&report));
            let closed = first.unwrap().closed.into_iter().chain(again.unwrap().closed);
            assert_eq!(closed.filter(|closed| *closed).count(), grant.tasks.len());
            assert!(reported.unwrap());
        }
        store.sweep(sweep).await.unwrap();
        let mut over = true;
        for run in &runs {
            over &= store.summary(*run).await.unwrap().state == RunState::Done;
        }
        if over {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_on_one_database_closes_every_url_once() {
    let database = Database::new().await;
    let clock = clock();
    let store = connect(&database.url, clock.clone()).await;
    let mut job = Job::of_seeds(["https://h0.example"]);
    job.politeness.delay = Delay::Fixed(Duration::ZERO);
    job.politeness.robots = RobotsMode::Ignore;
    let job = Arc::new(job);
    let mut runs = Vec::new();
    for _ in 0..3 {
        let run = store.create_run(NewRun::of(job.clone())).await.unwrap();
        store.admit(run, RULES, vec![page(run, 0)]).await.unwrap();
        store.seeded(run).await.unwrap();
        runs.push(run);
    }
    let offered = Arc::new(Mutex::new(HashSet::new()));
    let mut fleet = Vec::new();
    for name in 0..FLEET {
        let store = connect(&database.url, clock.clone()).await;
        fleet.push(tokio::spawn(work(store, name, runs.clone(), offered.clone())));
    }
    // The books are right at every moment.
    while !fleet.iter().all(tokio::task::JoinHandle::is_finished) {
        for run in &runs {
            assert_eq!(store.audit(*run).await.unwrap(), Vec::<String>::new());
        }
        tokio::task::yield_now().await;
    }
    for member in fleet {
        member.await.unwrap();
    }
    for run in runs {
        assert_eq!(store.audit(run).await.unwrap(), Vec::<String>::new());
        let selection =
            PageSelection { run, after: None, filter: Default::default(), version: None, limit: 10_000 };
        let pages = store.pages(selection).await.unwrap();
        let ids: HashSet<UrlId> = pages.iter().map(|page| page.url_id).collect();
        assert_eq!((pages.len() as u64, ids.len() as u64), (PAGES, PAGES));
    }
}
