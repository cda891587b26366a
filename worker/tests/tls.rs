//! https: HTTP/2 where the server offers it, and certificates that are not to be trusted.

mod common;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Version;
use axum::response::Response;
use axum::routing::get;
use common::{FETCHED, World, failed, grant};
use egress::{Allow, Egress, EgressConfig, Roots};
use futures::stream;
use parking_lot::Mutex;
use shared::outcome::Reason;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::tls::{Alpn, Authority, Identity, TlsListener};

const IP: &str = "127.0.0.2";

/// A server on https, what it was asked with, and a worker that trusts an authority.
struct Secure {
    origin: String,
    connections: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<Version>>>,
    world: World,
}

impl Secure {
    async fn new(trusted: &Authority, identity: Identity, alpn: Alpn) -> Self {
        let listener = TlsListener::bind(IP, identity, alpn).await.unwrap();
        let (at, connections) = (listener.address().unwrap(), listener.shaken());
        let asked: Arc<Mutex<Vec<Version>>> = Arc::default();
        let log = asked.clone();
        let page = async move |request: Request| {
            log.lock().push(request.version());
            request.uri().path().to_owned()
        };
        let router = Router::new()
            .route("/broken", get(async || broken()))
            .route("/many-headers", get(async || many_headers()))
            .fallback(page);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let egress = Egress::new(EgressConfig {
            allow: vec![Allow::host(IP, Some(at.port())).unwrap()],
            roots: Roots::from_pem(trusted.pem().as_bytes()).unwrap(),
            ..EgressConfig::default()
        });
        Secure { origin: format!("https://{at}"), connections, asked, world: World::through(egress).await }
    }
}

/// A body that breaks off: the stream is reset, the connection lives on.
fn broken() -> Body {
    Body::from_stream(stream::iter([Ok("begun"), Err(io::Error::other("told to"))]))
}

fn many_headers() -> Response {
    let mut response = Response::builder();
    for n in 0..100 {
        response = response.header(format!("x-{n}"), "x".repeat(1_000));
    }
    response.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered_on_one_connection() {
    let authority = Authority::new();
    let mut secure = Secure::new(&authority, authority.identity(IP), Alpn::Http2).await;
    // Until the first handshake nobody can know that one connection will do.
    secure.world.lease(grant(&secure.origin, &["/first"])).await;
    let paths: Vec<String> = (0..20).map(|n| format!("/page-{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let ended = secure.world.lease(grant(&secure.origin, &paths)).await;
    for path in &paths {
        let visit = ended.visit(path);
        assert_eq!(visit.outcome, FETCHED, "{path}");
        assert_eq!(ended.body(visit), path.as_bytes());
    }
    assert_eq!(*secure.asked.lock(), [Version::HTTP_2; 21]);
    assert_eq!(secure.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn http_1_1_is_spoken_where_nothing_else_is_offered() {
    let authority = Authority::new();
    let mut secure = Secure::new(&authority, authority.identity(IP), Alpn::Http1).await;
    let ended = secure.world.lease(grant(&secure.origin, &["/a"])).await;
    assert_eq!(ended.body(ended.visit("/a")), b"/a");
    assert_eq!(*secure.asked.lock(), [Version::HTTP_11]);
}

#[tokio::test]
async fn a_stream_that_breaks_takes_no_other_with_it() {
    let authority = Authority::new();
    let mut secure = Secure::new(&authority, authority.identity(IP), Alpn::Http2).await;
    let mut grant = grant(&secure.origin, &["/broken", "/many-headers", "/a"]);
    grant.policy.politeness.concurrency = Some(1);
    let ended = secure.world.lease(grant).await;
    assert_eq!(ended.visit("/broken").outcome, failed(Reason::BodyBroken, true));
    assert_eq!(ended.visit("/many-headers").outcome, failed(Reason::Protocol, false));
    assert_eq!(ended.visit("/a").outcome, FETCHED);
    assert_eq!(secure.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_trusted_is_a_tls_failure() {
    let authority = Authority::new();
    let cases = [
        ("another name's", authority.identity("other.example")),
        ("expired", authority.expired(IP)),
        ("self-signed", Identity::self_signed(IP)),
        ("a stranger's", Authority::new().identity(IP)),
    ];
    for (case, identity) in cases {
        let mut secure = Secure::new(&authority, identity, Alpn::Http2).await;
        let ended = secure.world.lease(grant(&secure.origin, &["/a"])).await;
        assert_eq!(ended.visit("/a").outcome, failed(Reason::Tls, false), "{case}");
        assert_eq!(*secure.asked.lock(), [], "{case}: nothing was asked");
    }
}
