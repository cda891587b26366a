//! Servers that misbehave: each ends as a named outcome, in time, within bounds, and archived.

mod common;

use common::server::{Server, answer, page};
use common::{FETCHED, World, failed, grant, timeouts, within};
use shared::outcome::{Outcome, Reason};
use std::time::{Duration, Instant};
use testkit::site::{Running, Site, SiteSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use worker::Config;

async fn site() -> Running {
    Site::new(SiteSpec::clean(2)).serve(TcpListener::bind("127.0.0.2:0").await.unwrap()).await.unwrap()
}

const CUT: Outcome = Outcome::Fetched { truncated: true };

#[tokio::test]
async fn every_misbehaviour_has_its_outcome() {
    let site = site().await;
    let mut world = World::new(Config::default(), &[site.address()]).await;
    let broken = failed(Reason::BodyBroken, true);
    let timeout = failed(Reason::Timeout, true);
    let protocol = failed(Reason::Protocol, false);
    let bad_redirect = failed(Reason::BadRedirect, false);
    let expected = [
        ("ok", FETCHED),
        ("empty", FETCHED),
        ("endless", CUT),
        ("endless-length", CUT),
        ("endless-close", CUT),
        ("layers", FETCHED),
        ("truncated", broken.clone()),
        ("truncated-chunked", broken.clone()),
        ("truncated-gzip", FETCHED),
        ("wrong-coding", FETCHED),
        ("unknown-coding", FETCHED),
        ("long-length", FETCHED),
        ("two-lengths", protocol.clone()),
        ("length-and-chunked", FETCHED),
        ("negative-length", protocol.clone()),
        ("bad-chunk", broken.clone()),
        ("slow-head", timeout.clone()),
        ("slow-body", timeout.clone()),
        ("silent", timeout),
        ("close", broken.clone()),
        ("half-head", broken),
        ("huge-header", protocol.clone()),
        ("many-headers", protocol.clone()),
        ("garbage", protocol.clone()),
        ("http09", protocol),
        ("redirect-self", failed(Reason::TooManyRedirects, false)),
        ("redirect-nowhere", bad_redirect.clone()),
        ("redirect-file", bad_redirect.clone()),
        ("redirect-broken", bad_redirect),
    ];
    for (name, outcome) in expected {
        let mut grant = grant(site.origin(), &[&format!("/__bad/{name}")]);
        grant.policy.request.timeouts = timeouts(400);
        grant.policy.max_body = 100_000;
        let began = Instant::now();
        let ended = world.lease(grant).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{name} took {:?}", began.elapsed());
        let visit = ended.visit(name);
        assert_eq!(visit.outcome, outcome, "{name}");
        assert_eq!(visit.record.is_some(), visit.status.is_some(), "{name}: every answer is archived");
        if outcome == CUT {
            assert_eq!(ended.body(visit).len(), 100_000, "{name}");
        }
    }
}

#[tokio::test]
async fn endless_1xx_answers_end_at_a_deadline() {
    let site = site().await;
    let mut world = World::new(Config::default(), &[site.address()]).await;
    let mut grant = grant(site.origin(), &["/__bad/informational"]);
    grant.policy.request.timeouts = timeouts(400);
    let ended = world.lease(grant).await;
    let outcome = &ended.visits[0].outcome;
    assert!(
        matches!(outcome, Outcome::Failed { reason: Reason::Timeout | Reason::Protocol, .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_follows_a_body_is_not_taken_for_the_next_answer() {
    let long = |_: &common::server::Seen| {
        let mut bytes = page("honest")?;
        bytes.extend(answer("200 OK", "", "smuggled")?);
        Some(bytes)
    };
    let server = Server::new(long).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut grant = grant(&server.origin, &["/a", "/b", "/c"]);
    grant.policy.politeness.concurrency = Some(1);
    let ended = world.lease(grant).await;
    for visit in &ended.visits {
        match &visit.outcome {
            Outcome::Fetched { .. } => assert_eq!(ended.body(visit), b"honest"),
            other => assert!(matches!(other, Outcome::Failed { retry: true, .. }), "{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_body_that_drips_ends_at_the_total_deadline() {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
        let mut sent = stream.write_all(head).await;
        while sent.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            sent = stream.write_all(b"x").await;
        }
    });
    let mut world = World::new(Config::default(), &[at]).await;
    let mut grant = grant(&format!("http://{at}"), &["/"]);
    grant.policy.request.timeouts = timeouts(300);
    let ended = within(world.lease(grant)).await;
    let visit = &ended.visits[0];
    assert_eq!(visit.outcome, failed(Reason::Timeout, true));
    assert_eq!(visit.status, Some(200));
    assert!((300..3000).contains(&visit.took_ms), "{}", visit.took_ms);
    assert!(!ended.body(visit).is_empty(), "what came is archived");
}

#[tokio::test]
async fn headers_beyond_their_cap_are_a_protocol_error() {
    let server = Server::new(|_| answer("200 OK", &format!("X-Long: {}\r\n", "x".repeat(100_000)), "")).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let ended = world.lease(grant(&server.origin, &["/"])).await;
    assert_eq!(ended.visits[0].outcome, failed(Reason::Protocol, false));
}

#[tokio::test]
async fn statuses_become_outcomes() {
    let server = Server::new(|seen| {
        let status = seen.target.trim_start_matches('/').to_owned();
        answer(
            &format!("{status} Whatever"),
            "",
            if status == "204" || status == "304" { "" } else { "body" },
        )
    })
    .await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let ended =
        world.lease(grant(&server.origin, &["/200", "/204", "/304", "/404", "/410", "/500", "/501"])).await;
    for (status, retry) in [(304, false), (404, false), (410, false), (500, true), (501, false)] {
        let visit = ended.visit(&format!("/{status}"));
        assert_eq!(visit.outcome, failed(Reason::Http(status), retry));
        assert_eq!(visit.status, Some(status));
        assert!(visit.record.is_some() && visit.digest.is_some(), "every answer is archived");
    }
    assert_eq!(ended.visit("/200").outcome, FETCHED);
    assert_eq!(ended.body(ended.visit("/200")), b"body");
    assert_eq!(ended.visit("/204").outcome, FETCHED);
    assert_eq!((ended.report.failures, ended.report.down), (0, false));
}

#[tokio::test]
async fn a_host_that_is_not_there_is_down() {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let mut world = World::new(Config::default(), &[at]).await;
    let mut grant = grant(&format!("http://{at}"), &["/a", "/b", "/c", "/d", "/e", "/f"]);
    grant.policy.politeness.concurrency = Some(1);
    let ended = world.lease(grant).await;
    assert!(ended.report.down && ended.report.failures >= 2, "{:?}", ended.report);
    assert!(ended.report.next_in_ms >= 1000);
    assert!(!ended.report.not_begun.is_empty(), "the lease ends early");
    assert_eq!(ended.visits.len() + ended.report.not_begun.len(), 6);
    assert!(ended.visits.iter().all(|visit| visit.outcome == failed(Reason::Connect, true)));
}

#[tokio::test]
async fn plain_text_on_a_tls_port_is_a_tls_failure() {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(&page("plain").unwrap()).await;
            // Until the other side hangs up, so that it sees no broken connection.
            while stream.read(&mut hello).await.is_ok_and(|count| count > 0) {}
        }
    });
    let mut world = World::new(Config::default(), &[at]).await;
    let ended = world.lease(grant(&format!("https://{at}"), &["/"])).await;
    assert_eq!(ended.visits[0].outcome, failed(Reason::Tls, false));
}
