//! No spelling of a private address gets through: as target, as redirect, or behind a name.

mod common;

use common::server::{Server, page, redirect};
use common::{World, egress, failed, grant, within};
use egress::{Egress, EgressConfig, EgressError};
use http::HeaderMap;
use shared::outcome::{Outcome, Reason};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use testkit::spellings;
use tokio::net::TcpListener;
use url::Url;
use worker::Config;

const CONNECT: Duration = Duration::from_secs(5);

/// A listener on all of 127.0.0.1 that counts who comes.
async fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, count)
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_called() {
    let (port, count) = canary().await;
    let site: SocketAddr = "127.0.0.2:1".parse().unwrap();
    let egress = egress(&[site]);
    let mut tried = 0;
    for host in spellings() {
        // On the canary's port, and on a usual one, where the port is no reason to refuse.
        for url in [format!("http://{host}:{port}/"), format!("http://{host}/"), format!("https://{host}/")] {
            let Ok(url) = Url::parse(&url) else { continue };
            let answer = within(egress.get(&url, HeaderMap::new(), CONNECT)).await;
            assert!(matches!(answer, Err(EgressError::Refused)), "{host} as {url}: {answer:?}");
            tried += 1;
        }
    }
    assert!(tried >= 600, "{tried}");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn other_schemes_and_ports_are_refused() {
    let egress = egress(&[]);
    for url in [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "ws://example.com/",
        "http://example.com:22/",
        "http://8.8.8.8:25/",
        "https://[2606:4700::1]:6379/",
        "data:text/html,x",
    ] {
        let answer = egress.get(&Url::parse(url).unwrap(), HeaderMap::new(), CONNECT).await;
        assert!(matches!(answer, Err(EgressError::Refused)), "{url}");
    }
}

/// A resolver that says so, and tells how often it was asked.
fn names(answers: Vec<Vec<IpAddr>>, allow: &[&str]) -> (Egress, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let look_up = Arc::new(move |_: &str| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        Ok(answers[n.min(answers.len() - 1)].clone())
    });
    let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
    let config = EgressConfig { allow, ports: (1024..=u16::MAX).collect(), ..EgressConfig::default() };
    (Egress::with_look_up(config, look_up), asked)
}

#[tokio::test]
async fn a_name_is_refused_if_one_of_its_addresses_is() {
    let (port, count) = canary().await;
    let local = IpAddr::from(Ipv4Addr::LOCALHOST);
    let global = IpAddr::from([198, 51, 0, 1]);
    let url = Url::parse(&format!("http://rebind.example:{port}/")).unwrap();
    for answers in
        [vec![local], vec![global, local], vec![local, global], vec!["::ffff:127.0.0.1".parse().unwrap()]]
    {
        let (egress, asked) = names(vec![answers], &[]);
        for _ in 0..3 {
            let answer = within(egress.get(&url, HeaderMap::new(), CONNECT)).await;
            assert!(matches!(answer, Err(EgressError::Refused)), "{answer:?}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1, "the answer is remembered, the verdict is made anew");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_is_allowed_is_called_on_its_port_only() {
    let server = Server::at("127.0.0.1", |_| page("hello")).await;
    let port = server.at.port();
    let (egress, _) = names(vec![vec![Ipv4Addr::LOCALHOST.into()]], &[&format!("intranet:{port}")]);
    let right = Url::parse(&format!("http://intranet:{port}/")).unwrap();
    assert!(egress.get(&right, HeaderMap::new(), CONNECT).await.is_ok());
    let (other, count) = canary().await;
    let wrong = Url::parse(&format!("http://intranet:{other}/")).unwrap();
    assert!(matches!(egress.get(&wrong, HeaderMap::new(), CONNECT).await, Err(EgressError::Refused)));
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_without_addresses_is_not_found() {
    let (egress, _) = names(vec![vec![]], &[]);
    let url = Url::parse("http://nowhere.example/").unwrap();
    let answer = egress.get(&url, HeaderMap::new(), CONNECT).await;
    assert!(matches!(answer, Err(EgressError::Http(_))), "{answer:?}");
}

#[tokio::test]
async fn redirects_to_refused_addresses_go_nowhere() {
    let (port, count) = canary().await;
    // Urgent, with a new cookie each time: all that could make the worker follow.
    let server = Server::new(move |seen| {
        let n = seen.target.trim_start_matches('/').parse::<usize>().unwrap_or_default();
        let host = spellings().into_iter().nth(n)?;
        redirect(&format!("http://{host}:{port}/"), "Set-Cookie: a=b\r\n")
    })
    .await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let paths: Vec<String> = (0..spellings().len()).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut grant = grant(&server.origin, &paths);
    grant.urgent = true;
    let ended = world.lease(grant).await;
    assert_eq!(ended.visits.len(), paths.len());
    for visit in &ended.visits {
        let goes_back =
            matches!(&visit.outcome, Outcome::Redirected { to } if !to.starts_with(&server.origin));
        assert!(goes_back || visit.outcome == failed(Reason::BadRedirect, false), "{:?}", visit.outcome);
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_lease_of_a_refused_host_is_closed_without_a_request() {
    let (port, count) = canary().await;
    let mut world = World::new(Config::default(), &[]).await;
    let ended = world.lease(grant(&format!("http://127.0.0.1:{port}"), &["/a", "/b"])).await;
    for visit in &ended.visits {
        assert_eq!(visit.outcome, failed(Reason::AddressRefused, false));
        assert!(visit.record.is_none() && visit.status.is_none());
    }
    assert_eq!((ended.visits.len(), ended.report.down, count.load(Ordering::SeqCst)), (2, false, 0));
}
