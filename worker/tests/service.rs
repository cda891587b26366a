//! The program itself: whether it says how it is, how it ends, whom it trusts. The broker is a real one, and the test plays the
//! dispatcher's part.

mod common;

use axum::Router;
use axum::routing::get;
use backends::amqp::{AmqpOptions, AmqpQueue};
use backends::file::FileArchive;
use common::server::{Server, page};
use common::{FETCHED, grant, within};
use shared::job::Delay;
use shared::manifest::Visit;
use shared::messages::{Answer, Claim, Grant, LeaseOffer, LeaseReport, Paced, decode, encode};
use shared::ports::{Archive, Lane, Queue};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::proxy::{Proxy, Through};
use testkit::servers::rabbitmq::RabbitMq;
use testkit::servers::s3::{self, S3};
use testkit::tls::{Alpn, Authority, TlsListener};
use tokio::process::{Child, Command};

const FETCH: Lane = Lane::Fetch { urgent: false };
/// Seconds that the program has to end.
const DRAIN: u64 = 10;

/// A worker's program with its settings; not started.
struct Program(Vec<(&'static str, String)>);

impl Program {
    /// Its archive is a folder unless other settings follow.
    fn new(queue: &str, folder: &Path) -> Self {
        // Free a moment ago; nobody else takes one so soon.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Program(vec![
            ("HARVESTMAN_ADMIN_LISTEN", port.to_string()),
            ("HARVESTMAN_QUEUE", queue.to_owned()),
            ("HARVESTMAN_ARCHIVE", format!("file://{}", folder.display())),
            ("HARVESTMAN_DRAIN_SECONDS", DRAIN.to_string()),
        ])
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.push((name, value.to_string()));
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_harvestman-worker"));
        command
            .envs(self.0.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    fn start(&self) -> Child {
        self.command().spawn().unwrap()
    }

    /// What `healthcheck` says beside it.
    async fn health(&self, words: &[&str]) -> Output {
        self.command().arg("healthcheck").args(words).output().await.unwrap()
    }

    /// Returns when it is ready, or is not because of this server.
    async fn until(&self, missing: Option<&str>) {
        within(async {
            loop {
                let said = self.health(&[]).await;
                let text =
                    String::from_utf8_lossy(&if said.status.success() { said.stdout } else { said.stderr })
                        .into_owned();
                match missing {
                    None if said.status.success() => return,
                    Some(server) if !said.status.success() && text.contains(server) => return,
                    _ => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        })
        .await;
    }
}

/// A virtual host of its own.
async fn broker(world: &str) -> (String, AmqpQueue) {
    let url = RabbitMq::shared().await.vhost(world).await;
    let queue = AmqpQueue::new(AmqpOptions::new(&url, "test")).unwrap();
    (url, queue)
}

/// Offers leases, and grants the first that is claimed.
async fn grant_first(queue: &AmqpQueue, leases: &[&Grant]) {
    let mut claims = within(queue.consume(&Lane::Claim, 10)).await.unwrap();
    let offer = |grant: &&Grant| encode(&LeaseOffer { lease: grant.lease, host: grant.host, run: grant.run });
    queue.publish(&FETCH, leases.iter().map(offer).collect()).await.unwrap();
    let delivery = within(claims.next()).await.unwrap();
    let claim: Claim = decode(&delivery.body).unwrap();
    let granted = leases.iter().find(|grant| grant.lease == claim.lease).expect("one of these");
    let answer = Answer { lease: claim.lease, grant: Some((*granted).clone()) };
    queue.publish(&Lane::Answer(claim.worker), vec![encode(&answer)]).await.unwrap();
    delivery.ack().await.unwrap();
}

/// The next report, and the visits that it tells of.
async fn report(queue: &AmqpQueue, archive: &Path) -> (LeaseReport, Vec<Visit>) {
    let mut reports = within(queue.consume(&Lane::Paced, 10)).await.unwrap();
    let delivery = within(reports.next()).await.unwrap();
    let Paced::Report(report) = decode(&delivery.body).unwrap() else { panic!("no report") };
    delivery.ack().await.unwrap();
    let archive = FileArchive::open(archive).await.unwrap();
    let mut visits = Vec::new();
    for at in &report.segments {
        let bytes = archive.read(&at.object, at.offset, at.len).await.unwrap();
        visits.extend(shared::warc::manifest(&bytes).unwrap().visits);
    }
    (*report, visits)
}

fn address(url: &str) -> SocketAddr {
    let rest = url.split_once("://").unwrap().1;
    let authority = rest.split('/').next().unwrap().rsplit('@').next().unwrap();
    authority.parse().unwrap()
}

async fn sigterm(child: &Child) {
    let pid = child.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
}

#[tokio::test]
async fn it_is_ready_as_long_as_its_servers_answer_and_healthcheck_says_so() {
    let (url, _queue) = broker("service-ready").await;
    let s3 = S3::start().await;
    let to_broker = Proxy::to(address(&url)).await.unwrap();
    let to_archive = Proxy::to(address(&s3.endpoint())).await.unwrap();
    let queue = url.replace(&address(&url).to_string(), &to_broker.address().to_string());
    let archive =
        s3.url(s3::BUCKET, "ready").replace(&s3.endpoint(), &format!("http://{}", to_archive.address()));
    let folder = TempDir::new().unwrap();
    let program = Program::new(&queue, folder.path())
        .with("HARVESTMAN_ARCHIVE", archive)
        .with("AWS_ACCESS_KEY_ID", s3::KEY_ID)
        .with("AWS_SECRET_ACCESS_KEY", s3::SECRET);

    let said = program.health(&[]).await;
    assert_eq!(said.status.code(), Some(1), "nothing runs yet: {said:?}");
    let mut worker = program.start();
    program.until(None).await;
    for (server, way) in [("queue", &to_broker), ("archive", &to_archive)] {
        way.let_through(Through::Nothing);
        program.until(Some(server)).await;
        assert!(program.health(&["live"]).await.status.success(), "it lives on without its {server}");
        way.let_through(Through::Both);
        program.until(None).await;
    }
    sigterm(&worker).await;
    assert_eq!(within(worker.wait()).await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_sigterm_ends_what_is_under_way_in_time_and_gives_the_rest_back() {
    let (url, queue) = broker("service-sigterm").await;
    let (folder, site) = (TempDir::new().unwrap(), Server::new(|_| page("a page")).await);
    let program = Program::new(&url, folder.path())
        .with("HARVESTMAN_ALLOW", site.at)
        .with("HARVESTMAN_WORKER_LEASES", 1);
    let mut worker = program.start();
    let (mut slow, later) =
        (grant(&site.origin, &["/0", "/1", "/2", "/3"]), grant(&site.origin, &["/later"]));
    // Far more than the program has: only the first page is asked for.
    slow.policy.politeness.delay = Delay::Fixed(Duration::from_secs(60));
    slow.left_ms = 600_000;
    grant_first(&queue, &[&slow, &later]).await;
    site.until_seen(1).await;

    let begun = Instant::now();
    sigterm(&worker).await;
    assert_eq!(within(worker.wait()).await.unwrap().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(DRAIN), "{:?}", begun.elapsed());
    let (report, visits) = report(&queue, folder.path()).await;
    assert_eq!(report.lease, slow.lease);
    let fetched: Vec<_> = visits.iter().map(|visit| (visit.task.url_id, visit.outcome.clone())).collect();
    assert_eq!(fetched, [(slow.tasks[0].url_id, FETCHED)], "what was asked for is stored");
    assert_eq!(report.not_begun, slow.tasks[1..].iter().map(|task| task.url_id).collect::<Vec<_>>());
    assert_eq!(site.paths(), ["/0"]);
    let mut offers = within(queue.consume(&FETCH, 10)).await.unwrap();
    let waits: LeaseOffer = decode(&within(offers.next()).await.unwrap().body).unwrap();
    assert_eq!(waits.lease, later.lease, "the other lease is anybody's");
}

#[tokio::test]
async fn it_trusts_the_authority_that_it_is_told() {
    let (url, queue) = broker("service-authority").await;
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let listener =
        TlsListener::bind("127.0.0.2", authority.identity("127.0.0.2"), Alpn::Http2).await.unwrap();
    let at = listener.address().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/a", get("a"))).await });
    let (pem, archive) = (folder.path().join("ca.pem"), folder.path().join("archive"));
    std::fs::write(&pem, authority.pem()).unwrap();
    let program = Program::new(&url, &archive).with("HARVESTMAN_ALLOW", at);

    let broken = program.command().env("HARVESTMAN_EXTRA_CA", "/nowhere.pem").output().await.unwrap();
    assert_eq!(broken.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&broken.stderr).contains("HARVESTMAN_EXTRA_CA: /nowhere.pem"),
        "{broken:?}"
    );

    let program = program.with("HARVESTMAN_EXTRA_CA", pem.display());
    let mut worker = program.start();
    grant_first(&queue, &[&grant(&format!("https://{at}"), &["/a"])]).await;
    let mut reports = within(queue.consume(&Lane::Paced, 10)).await.unwrap();
    // It ends when the report is there, so that the archive is the test's.
    within(reports.next()).await.unwrap().give_back().await.unwrap();
    drop(reports);
    sigterm(&worker).await;
    assert_eq!(within(worker.wait()).await.unwrap().code(), Some(0));
    let (_, visits) = report(&queue, &archive).await;
    assert_eq!(visits.iter().map(|visit| visit.outcome.clone()).collect::<Vec<_>>(), [FETCHED]);
}
