//! No spelling of a private address gets through: as target, as redirect, or behind a name.

mod common;

use common::server::{Server, page, redirect};
use common::{World, egress, failed, grant, within};
use http::HeaderMap;
use shared::outcome::{Outcome, Reason};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;
use worker::Config;
use worker::egress::{Egress, EgressConfig, EgressError};

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

/// Spellings of a host that stand for addresses that are refused.
fn spellings() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for address in
        [[127, 0, 0, 1], [10, 0, 0, 1], [169, 254, 169, 254], [192, 168, 1, 1], [172, 31, 0, 9], [0, 0, 0, 0]]
    {
        let number = u32::from_be_bytes(address);
        let [a, b, c, d] = address;
        let low = number & 0xffff;
        let lower = number & 0xff_ffff;
        all.extend([
            format!("{a}.{b}.{c}.{d}"),
            format!("{a}.{b}.{c}.{d}."),
            format!("{number}"),
            format!("{number:#x}"),
            format!("{number:#X}"),
            format!("0{number:o}"),
            format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
            format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            format!("00000{a:o}.{b}.{c}.{d}"),
            format!("{a:#x}.0{b:o}.{c}.{d}"),
            format!("{a}.{b}.{low}"),
            format!("{a}.{lower}"),
            format!("{a:#x}.{lower:#x}"),
            format!("{a}.{b}.{c}.{d:#010x}"),
            format!("{a}%2e{b}%2E{c}.{d}"),
            format!("{a}\u{3002}{b}\u{ff0e}{c}\u{ff61}{d}"),
            format!("{a}.{b}.{c}.{d}").chars().map(full_width).collect(),
            format!("{number}").chars().map(full_width).collect(),
            format!("{a}.{b}.{c}.{d}").bytes().map(|byte| format!("%{byte:02x}")).collect(),
            format!("user@{a}.{b}.{c}.{d}"),
            format!("example.com@{a}.{b}.{c}.{d}"),
            format!("user:password@{a}.{b}.{c}.{d}"),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
            format!("[0:0:0:0:0:ffff:{:x}:{:x}]", number >> 16, low),
            format!("[::{a}.{b}.{c}.{d}]"),
            format!("[::ffff:0:{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b::{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b:1::{a}.{b}.{c}.{d}]"),
            format!("[2002:{:x}:{:x}::]", number >> 16, low),
            format!("[2002:{:x}:{:x}::1]", number >> 16, low),
            format!("[2001:0:1:1:1:1:{:x}:{:x}]", !(number >> 16) & 0xffff, !low & 0xffff),
            format!("[2606:4700::5efe:{a}.{b}.{c}.{d}]"),
            format!("[2606:4700::200:5efe:{a}.{b}.{c}.{d}]"),
        ]);
    }
    for text in "[::] [::1] [0:0:0:0:0:0:0:1] [0000::0001] [fe80::1] [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1]
        [100::1] [2001:db8::1] [3fff::1] [5f00::1] localhost LOCALHOST localhost. a.localhost x.y.localhost.
        loc%61lhost \u{24db}ocalhost ip6-localhost intranet router metadata metadata.google.internal
        metadata.google.internal. METADATA.google.Internal metadata.goog printer.local a.b.svc kubernetes.default.svc
        kubernetes.default.svc.cluster.local host.docker.internal nas.lan router.home.arpa 100.100.100.200
        168.63.129.16 192.0.0.192 100.64.0.1 198.18.0.1 224.0.0.1 255.255.255.255 240.0.0.1 0 127.1 127.0.1 0177.1
        0x7f.1 127.0.0.001 127.000.000.001 127.0.0.2 127.0.0.3"
        .split_whitespace()
    {
        all.insert(text.to_owned());
    }
    all
}

fn full_width(char: char) -> char {
    match char {
        '0'..='9' => char::from_u32(char as u32 - '0' as u32 + 0xff10).unwrap(),
        other => other,
    }
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
