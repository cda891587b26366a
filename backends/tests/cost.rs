//! What the store costs a page, from lease to closing. Measured, not judged: run it with
//! `cargo test --release -p harvestman-backends --test cost -- --ignored --nocapture`.
#![cfg(all(feature = "sqlite", target_os = "linux"))]

use backends::sqlite::SqliteStore;
use shared::clock::SystemClock;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, Incarnation, RunId, SegmentId, UrlId};
use shared::job::{Delay, Job, RobotsMode};
use shared::messages::{Claim, Grant, LeaseReport, SegmentRef};
use shared::outcome::Kind;
use shared::ports::store::{
    ClosedPage, Ending, Frontier, GrantPolicy, NewRecord, NewRun, OfferPolicy, PageEnd, ParsedPage,
    ParsedSegment, ParsedVisit, Results, RunState, Runs,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PAGES: u64 = 50_000;
const SEGMENT: u32 = 100;
const HOST: &str = "http://127.0.0.2:8080";
const RULES: AdmitRules = AdmitRules { urls: u64::MAX, urls_per_host: u64::MAX, robots: false };

fn page(run: RunId, n: u64) -> Admission {
    let url = format!("{HOST}/category-{}/some-product-with-a-name-{n}.html", n % 97);
    Admission {
        url_id: UrlId::of(run, &url),
        url,
        host: HostId::of(HOST),
        origin: HOST.into(),
        kind: Kind::Page,
        depth: 3,
        hops: 0,
        prio: 5,
        asked_url: None,
    }
}

/// Processor time of this process, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// The grant's pages, each with a record and one link that is new.
fn parsed(grant: &Grant, next: &mut u64) -> ParsedSegment {
    let segment = SegmentId::new();
    let at = SegmentRef { segment, object: format!("runs/1/{segment}.warc.gz"), offset: 0, len: 1 << 20 };
    let visits = grant.tasks.iter().map(|task| {
        let links = if *next < PAGES { vec![page(grant.run, *next)] } else { vec![] };
        *next += 1;
        let closed = ClosedPage {
            kind: task.kind,
            url: task.url.clone(),
            asked_url: None,
            status: Some(200),
            end: PageEnd::Fetched,
            depth: task.depth,
            record: Some((123_456, 7_890)),
            bytes: 30_000,
            digest: Some("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ".into()),
            fetched_at: shared::clock::Timestamp(1_790_000_000_000),
            parsed: Some(ParsedPage {
                title: Some("A product".into()),
                meta: "m".repeat(300),
                ..ParsedPage::default()
            }),
            records: vec![NewRecord { data: "d".repeat(400), rejected: None }],
            links,
            refused: vec![],
        };
        let ending = Ending::Closed(Box::new(closed));
        ParsedVisit { lease: grant.lease, url_id: task.url_id, unasked: None, ending }
    });
    ParsedSegment { run: grant.run, at, rules: RULES, visits: visits.collect() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn what_a_page_costs() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("harvest.db"), Arc::new(SystemClock)).await.unwrap();
    let mut job = Job::of_seeds([HOST]);
    job.politeness.delay = Delay::Fixed(Duration::ZERO);
    job.politeness.robots = RobotsMode::Ignore;
    let new = NewRun::of(Arc::new(job));
    let run = store.create_run(new).await.unwrap();
    let mut next = 2_000;
    store.admit(run, RULES, (0..next).map(|n| page(run, n)).collect()).await.unwrap();
    store.seeded(run).await.unwrap();
    let slice = Duration::from_secs(30);
    let policy =
        OfferPolicy { max_offered: 4, max_handed: 500, urls: SEGMENT, slice, offer_ttl: slice, rendered: 0 };
    let worker = Incarnation("w".into());
    let (cpu_before, before) = (cpu(), Instant::now());
    let mut parts = [Duration::ZERO; 4];
    let mut leases = 0;
    while store.summary(run).await.unwrap().state == RunState::Running {
        let began = Instant::now();
        let offers = store.offer(policy).await.unwrap().offers;
        parts[0] += began.elapsed();
        for offered in offers {
            leases += 1;
            let claim =
                Claim { lease: offered.offer.lease, host: offered.offer.host, worker: worker.clone() };
            let began = Instant::now();
            let grant = store.grant(&claim, GrantPolicy { slice, margin: slice }).await.unwrap().unwrap();
            parts[1] += began.elapsed();
            let segment = parsed(&grant, &mut next);
            let at = segment.at.clone();
            let began = Instant::now();
            store.apply(segment).await.unwrap();
            parts[2] += began.elapsed();
            let report = LeaseReport {
                lease: grant.lease,
                host: grant.host,
                run,
                worker: worker.clone(),
                segments: vec![at],
                not_begun: vec![],
                next_in_ms: 0,
                delay_ms: 0,
                failures: 0,
                down: false,
                robots: None,
                jar: None,
            };
            let began = Instant::now();
            assert!(store.report(&report).await.unwrap());
            parts[3] += began.elapsed();
        }
    }
    let micros = |seconds: f64| seconds * 1e6 / PAGES as f64;
    eprintln!(
        "{PAGES} pages in {leases} leases: {:.1} us of CPU and {:.1} us of time a page; peak {} MiB",
        micros(cpu() - cpu_before),
        micros(before.elapsed().as_secs_f64()),
        peak_mib()
    );
    for (name, time) in ["offer", "grant", "apply", "report"].iter().zip(parts) {
        eprintln!("  {name}: {:.1} us of time a page", micros(time.as_secs_f64()));
    }
}
