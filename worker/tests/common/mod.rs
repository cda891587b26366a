//! A worker in a world of its own, and a dispatcher's part played by the test.

#![allow(dead_code)] // Each test binary uses its own part.

pub mod memory;
pub mod server;

use backends::memory::MemoryQueue;
use browser::Browser;
use egress::{Allow, Egress, EgressConfig};
use memory::MemoryArchive;
use shared::clock::SystemClock;
use shared::ids::{HostId, LeaseId, RunId, UrlId};
use shared::job::{Delay, Engine, Politeness, Request, RobotsMode, Span, Timeouts};
use shared::manifest::Visit;
use shared::messages::*;
use shared::outcome::{Kind, Outcome, Reason};
use shared::ports::{Archive, Consumer, Lane, Queue};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use worker::{Config, Deps, WorkerError};

/// Longer than anything here takes; what takes longer has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct World {
    pub queue: Arc<MemoryQueue>,
    pub archive: Arc<MemoryArchive>,
    pub stop: CancellationToken,
    worker: JoinHandle<Result<(), WorkerError>>,
    claims: Box<dyn Consumer>,
    reports: Box<dyn Consumer>,
    segments: Box<dyn Consumer>,
    urgent_segments: Box<dyn Consumer>,
    _guard: DropGuard,
}

/// A lease that ended: its report, and its visits in the order of their ends.
pub struct Ended {
    pub report: LeaseReport,
    pub visits: Vec<Visit>,
    /// The announced segments, as bytes.
    pub segments: Vec<bytes::Bytes>,
}

impl Ended {
    /// The visit of a URL by the end of its path.
    pub fn visit(&self, path: &str) -> &Visit {
        self.visits
            .iter()
            .find(|visit| visit.task.url.ends_with(path))
            .unwrap_or_else(|| panic!("no visit of {path}"))
    }

    /// The archived body of a visit.
    pub fn body(&self, visit: &Visit) -> Vec<u8> {
        self.response(visit).body
    }

    /// The archived answer of a visit.
    pub fn response(&self, visit: &Visit) -> shared::warc::Response {
        shared::warc::response(self.segment(visit), visit.record.expect("a record")).unwrap()
    }

    /// The segment of a visit.
    pub fn segment(&self, visit: &Visit) -> &bytes::Bytes {
        let of_visit =
            |segment: &&bytes::Bytes| shared::warc::manifest(segment).unwrap().visits.contains(visit);
        self.segments.iter().find(of_visit).expect("its segment")
    }
}

/// What a worker may call: just these servers.
pub fn egress(allowed: &[SocketAddr]) -> Arc<Egress> {
    let allow =
        allowed.iter().map(|at| Allow::host(&at.ip().to_string(), Some(at.port())).unwrap()).collect();
    Arc::new(Egress::new(EgressConfig { allow, ..EgressConfig::default() }))
}

impl World {
    pub async fn new(config: Config, allowed: &[SocketAddr]) -> Self {
        Self::with(config, allowed, Arc::new(MemoryQueue::default()), Arc::new(MemoryArchive::default()))
            .await
    }

    pub async fn with(
        config: Config,
        allowed: &[SocketAddr],
        queue: Arc<MemoryQueue>,
        archive: Arc<MemoryArchive>,
    ) -> Self {
        Self::build(config, egress(allowed), queue, archive, None).await
    }

    /// A worker with a browser.
    pub async fn with_browser(browser: Arc<Browser>, egress: Arc<Egress>) -> Self {
        Self::build(Config::default(), egress, Arc::default(), Arc::default(), Some(browser)).await
    }

    /// A worker with a way out of the test's own.
    pub async fn through(egress: Egress) -> Self {
        Self::build(Config::default(), Arc::new(egress), Arc::default(), Arc::default(), None).await
    }

    async fn build(
        config: Config,
        egress: Arc<Egress>,
        queue: Arc<MemoryQueue>,
        archive: Arc<MemoryArchive>,
        browser: Option<Arc<Browser>>,
    ) -> Self {
        let stop = CancellationToken::new();
        let deps = Deps {
            queue: queue.clone(),
            archive: archive.clone(),
            clock: Arc::new(SystemClock),
            egress,
            browser,
        };
        let worker = tokio::spawn(worker::run(config, deps, stop.clone()));
        let consume = async |lane: Lane| queue.consume(&lane, 100).await.unwrap();
        World {
            claims: consume(Lane::Claim).await,
            reports: consume(Lane::Paced).await,
            segments: consume(Lane::Parse { urgent: false }).await,
            urgent_segments: consume(Lane::Parse { urgent: true }).await,
            queue,
            archive,
            _guard: stop.clone().drop_guard(),
            stop,
            worker,
        }
    }

    pub async fn offer(&self, grant: &Grant) {
        let offer = LeaseOffer { lease: grant.lease, host: grant.host, run: grant.run };
        let urgent = grant.urgent;
        let lane = match grant.policy.request.engine {
            Engine::Http => Lane::Fetch { urgent },
            Engine::Browser => Lane::Render { urgent },
        };
        self.queue.publish(&lane, vec![encode(&offer)]).await.unwrap();
    }

    /// The next claim.
    pub async fn claim(&mut self) -> Claim {
        let delivery = within(self.claims.next()).await.unwrap();
        let claim = decode(&delivery.body).unwrap();
        delivery.ack().await.unwrap();
        claim
    }

    pub async fn answer(&self, claim: &Claim, grant: Option<Grant>) {
        let answer = Answer { lease: claim.lease, grant };
        self.queue.publish(&Lane::Answer(claim.worker.clone()), vec![encode(&answer)]).await.unwrap();
    }

    /// Offers a lease and grants it.
    pub async fn begin(&mut self, grant: Grant) {
        self.offer(&grant).await;
        let claim = self.claim().await;
        assert_eq!((claim.lease, claim.host), (grant.lease, grant.host));
        self.answer(&claim, Some(grant)).await;
    }

    /// Offers a lease, grants it, and waits for its end.
    pub async fn lease(&mut self, grant: Grant) -> Ended {
        self.begin(grant).await;
        self.ended().await
    }

    /// The next lease that ends.
    pub async fn ended(&mut self) -> Ended {
        let delivery = within(self.reports.next()).await.unwrap();
        let Paced::Report(report) = decode(&delivery.body).unwrap() else { panic!("no report") };
        delivery.ack().await.unwrap();
        let mut segments = Vec::new();
        let mut visits = Vec::new();
        for at in &report.segments {
            let bytes = self.archive.read(&at.object, at.offset, at.len).await.unwrap();
            let manifest = shared::warc::manifest(&bytes).unwrap();
            assert_eq!((manifest.segment, manifest.run), (at.segment, report.run));
            visits.extend(manifest.visits.into_iter().filter(|visit| visit.lease == report.lease));
            segments.push(bytes);
        }
        Ended { report: *report, visits, segments }
    }

    /// The next announced segment.
    pub async fn segment(&mut self, urgent: bool) -> SegmentStored {
        let consumer = if urgent { &mut self.urgent_segments } else { &mut self.segments };
        let delivery = within(consumer.next()).await.unwrap();
        let stored = decode(&delivery.body).unwrap();
        delivery.ack().await.unwrap();
        stored
    }

    /// Stops the worker and waits for its end.
    pub async fn stop(self) -> Result<(), WorkerError> {
        self.stop.cancel();
        within(self.worker).await.unwrap()
    }

    /// Waits for the worker's end.
    pub async fn end(self) -> Result<(), WorkerError> {
        within(self.worker).await.unwrap()
    }

    /// Ends the worker where it stands.
    pub async fn kill(self) {
        self.worker.abort();
        assert!(within(self.worker).await.unwrap_err().is_cancelled());
    }
}

pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("in time")
}

/// A grant without delay and robots.txt for URLs of one host.
pub fn grant(origin: &str, paths: &[&str]) -> Grant {
    static LEASES: AtomicI64 = AtomicI64::new(1);
    let run = RunId(1);
    let task = |path: &&str| {
        let url = format!("{origin}{path}");
        let kind = if *path == "/robots.txt" { Kind::Robots } else { Kind::Page };
        Task { url_id: UrlId::of(run, &url), url, kind, depth: 0, hops: 0, tries: 0, asked_url: None }
    };
    Grant {
        failures: 0,
        lease: LeaseId(LEASES.fetch_add(1, Ordering::Relaxed)),
        host: HostId::of(origin),
        origin: origin.to_owned(),
        run,
        urgent: false,
        tasks: paths.iter().map(task).collect(),
        robots: None,
        policy: FetchPolicy {
            politeness: Politeness {
                delay: Delay::Fixed(Duration::ZERO),
                robots: RobotsMode::Ignore,
                ..Politeness::default()
            },
            request: Request { timeouts: timeouts(5000), ..Request::default() },
            max_body: 1 << 20,
            max_inflated: 2 << 20,
            max_redirects: 5,
        },
        jar: None,
        left_ms: 30_000,
        wait_ms: 0,
    }
}

/// All deadlines alike.
pub fn timeouts(ms: u64) -> Timeouts {
    let span = Span(Duration::from_millis(ms));
    Timeouts { connect: span, first_byte: span, read_gap: span, total: span }
}

pub fn failed(reason: Reason, retry: bool) -> Outcome {
    Outcome::Failed { reason, retry, retry_after_ms: None }
}

pub const FETCHED: Outcome = Outcome::Fetched { truncated: false };
