//! Pages that are run in a real Chromium: `make browser-test`.

mod common;

use browser::Browser;
use common::server::{Seen, Server, answer};
use common::{FETCHED, World, egress, failed, grant, within};
use shared::job::{Engine, Span};
use shared::messages::Grant;
use shared::outcome::{Outcome, Reason};
use shared::robots::{Access, RobotsAnswer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

const NEEDS: &str = "HARVESTMAN_TEST_BROWSER, or a chromium in the path";

async fn browser(memory: u64) -> Arc<Browser> {
    let named = std::env::var_os("HARVESTMAN_TEST_BROWSER").map(Into::into);
    let program = named.or_else(browser::find).expect(NEEDS);
    // Tests run as root, and in containers; pages of these tests are our own.
    let config = browser::Config { program, sandbox: false, pages: 3, memory };
    Arc::new(Browser::start(config).await.unwrap())
}

fn html(head: &str, body: &str) -> Option<Vec<u8>> {
    let headers = format!("Content-Type: text/html; charset=utf-8\r\nX-Mark: kept\r\n{head}");
    answer("200 OK", &headers, body)
}

fn of(mut grant: Grant) -> Grant {
    grant.policy.request.engine = Engine::Browser;
    let timeouts = &mut grant.policy.request.timeouts;
    timeouts.total = Span(Duration::from_secs(30));
    grant
}

/// A port of another address on which nobody may call.
async fn canary() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.7:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (at, count)
}

fn made(seen: &Seen) -> Option<Vec<u8>> {
    match seen.target.as_str() {
        "/page" => html(
            "Set-Cookie: seen=1; Path=/\r\n",
            "<!doctype html><title>x</title><h1 id=h></h1><script src=/s.js></script><img src=/i.png>\
             <iframe src=/frame></iframe><link rel=icon href=/icon.ico>",
        ),
        "/s.js" => answer(
            "200 OK",
            "Content-Type: text/javascript\r\n",
            "fetch('/old').then(r=>r.json()).then(d=>{h.textContent='caf\u{e9} '+d.name+' '+navigator.userAgent;\
             return fetch('/post',{method:'POST',body:'q=1'})}).then(r=>r.text()).then(t=>{h.dataset.post=t});\
             fetch('/denied').catch(()=>{h.dataset.denied='yes'})",
        ),
        "/old" => answer("302 Found", "Location: /new.json\r\n", ""),
        "/new.json" => answer("200 OK", "Content-Type: application/json\r\n", "{\"name\":\"thing\"}"),
        "/post" if seen.head.starts_with("post ") => {
            answer("200 OK", "Content-Type: text/plain\r\n", "posted")
        }
        "/plain" => answer("200 OK", "Content-Type: text/plain\r\n", "<script>alert(1)</script>"),
        "/moves" => html("", "<script>location='/page'</script>"),
        "/missing" => answer("404 Not Found", "Content-Type: text/html\r\n", "<h1>no</h1>"),
        _ => answer("200 OK", "Content-Type: text/plain\r\n", "?"),
    }
}

#[tokio::test]
#[ignore = "needs Chromium: make browser-test"]
async fn a_page_is_archived_as_it_came_and_as_it_looks() {
    let server = Server::new(made).await;
    let mut world = World::with_browser(browser(2 << 30).await, egress(&[server.at])).await;
    let mut grant = of(grant(&server.origin, &["/page", "/plain", "/moves", "/missing"]));
    let robots = "User-agent: *\nDisallow: /denied\n".to_owned();
    grant.policy.politeness.robots = shared::job::RobotsMode::Obey;
    grant.robots = Some(RobotsAnswer {
        access: Access::Rules,
        text: robots,
        ..RobotsAnswer::from_response(404, "", shared::clock::Clock::now(&shared::clock::SystemClock))
    });
    let ended = world.lease(grant).await;
    let visit = ended.visit("/page");
    assert_eq!((&visit.outcome, visit.status), (&FETCHED, Some(200)));
    let document = String::from_utf8(ended.body(visit)).unwrap();
    let agent = "Harvestman/";
    assert!(
        document.starts_with("<!DOCTYPE html>") && document.contains(&format!("caf\u{e9} thing {agent}")),
        "{document}"
    );
    assert!(
        document.contains("data-post=\"posted\"") && document.contains("data-denied=\"yes\""),
        "{document}"
    );
    // What came is there as well, under the same place.
    let record = shared::warc::record(ended.segment(visit), visit.record.unwrap()).unwrap();
    assert!(String::from_utf8_lossy(&record.block).contains("<h1 id=h></h1>"));
    assert_eq!(ended.response(visit).headers["x-mark"], "kept");
    // What is no page was not run, and a page that goes on is a redirect.
    assert_eq!(ended.body(ended.visit("/plain")), b"<script>alert(1)</script>");
    assert_eq!(ended.visit("/moves").outcome, Outcome::Redirected { to: format!("{}/page", server.origin) });
    assert_eq!(ended.visit("/missing").outcome, failed(Reason::Http(404), false));
    let asked: Vec<String> = server.seen().into_iter().map(|seen| seen.target).collect();
    for never in ["/i.png", "/frame", "/icon.ico", "/favicon.ico", "/denied"] {
        assert!(!asked.iter().any(|target| target == never), "{asked:?}");
    }
    let script = server.seen().into_iter().find(|seen| seen.target == "/s.js").unwrap();
    assert!(script.header("user-agent").unwrap().starts_with("harvestman/"), "{}", script.head);
    assert_eq!(script.header("cookie"), Some("seen=1"));
}

#[tokio::test]
#[ignore = "needs Chromium: make browser-test"]
async fn nothing_that_a_page_tries_reaches_another_address() {
    let (canary, count) = canary().await;
    let port = canary.port();
    let server = Server::new(move |seen| match seen.target.as_str() {
        "/page" => {
            let there = format!("127.0.0.7:{port}");
            html("", &format!(
                "<h1 id=h>x</h1><img src=http://{there}/a><link rel=stylesheet href=http://{there}/b>\
                 <link rel=preconnect href=http://{there}><link rel=dns-prefetch href=//{there}>\
                 <link rel=prefetch href=http://{there}/p><script src=http://{there}/c></script>\
                 <iframe src=http://{there}/d></iframe><object data=http://{there}/e></object>\
                 <video src=http://{there}/f autoplay></video><form id=f action=http://{there}/g target=_blank></form>\
                 <script>let u='{there}';fetch('http://'+u+'/h').catch(()=>0);fetch('/away').catch(()=>0);\
                 fetch('http://'+u+'/n',{{mode:'no-cors',method:'POST',body:'x'}}).catch(()=>0);\
                 navigator.sendBeacon('http://'+u+'/i','x');try{{new WebSocket('ws://'+u+'/j')}}catch(e){{}};\
                 new EventSource('http://'+u+'/k');window.open('http://'+u+'/l');f.submit();\
                 new Worker(URL.createObjectURL(new Blob(['fetch(\"http://'+u+'/w\")'])));\
                 let p=new RTCPeerConnection({{iceServers:[{{urls:'stun:'+u}},{{urls:'turn:'+u+'?transport=tcp',username:'a',credential:'b'}}]}});\
                 p.createDataChannel('d');p.createOffer().then(o=>p.setLocalDescription(o));\
                 navigator.serviceWorker&&navigator.serviceWorker.register('/sw.js').catch(()=>0);\
                 try{{let w=new WebTransport('https://'+u);w.ready.catch(()=>0)}}catch(e){{}};\
                 setTimeout(()=>h.textContent='done',700)</script>"
            ))
        }
        "/away" => answer("302 Found", &format!("Location: http://127.0.0.7:{port}/m\r\n"), ""),
        _ => answer("200 OK", "Content-Type: text/plain\r\n", "?"),
    })
    .await;
    // The job itself names the host: the way out refuses it all the same.
    let mut world = World::with_browser(browser(2 << 30).await, egress(&[server.at])).await;
    let mut grant = of(grant(&server.origin, &["/page"]));
    grant.policy.request.browser.hosts = vec!["127.0.0.7".into()];
    grant.policy.request.browser.wait = Span(Duration::from_secs(2));
    let ended = world.lease(grant).await;
    let visit = ended.visit("/page");
    assert_eq!(visit.outcome, FETCHED);
    assert!(String::from_utf8(ended.body(visit)).unwrap().contains(">done</h1>"));
    assert!(server.seen().iter().any(|seen| seen.target == "/away"), "the page did run");
    assert_eq!(count.load(Ordering::SeqCst), 0, "the canary was called");
}

#[tokio::test]
#[ignore = "needs Chromium: make browser-test"]
async fn a_page_that_hangs_or_grows_fails_alone_and_the_worker_goes_on() {
    let server = Server::new(|seen| match seen.target.as_str() {
        "/hangs" => html("", "<h1>x</h1><script>for(;;);</script>"),
        "/grows" => html("", "<script>let a=[];for(;;)a.push(new Array(1e6).fill({}))</script>"),
        "/bytes" => html("", "<script>let a=[];for(;;)a.push(new Uint8Array(16<<20).fill(1))</script>"),
        _ => html("", "<h1 id=h></h1><script>h.textContent='fine'</script>"),
    })
    .await;
    let mut world = World::with_browser(browser(1 << 30).await, egress(&[server.at])).await;
    for (path, reasons) in [
        ("/hangs", [Reason::Timeout, Reason::Timeout]),
        ("/grows", [Reason::Browser, Reason::Timeout]),
        ("/bytes", [Reason::Browser, Reason::Timeout]),
    ] {
        let mut grant = of(grant(&server.origin, &[path]));
        grant.policy.request.timeouts.total = Span(Duration::from_secs(8));
        let ended = world.lease(grant).await;
        let outcome = &ended.visit(path).outcome;
        assert!(reasons.iter().any(|reason| *outcome == failed(*reason, true)), "{path}: {outcome:?}");
        let ended = world.lease(of(common::grant(&server.origin, &["/fine"]))).await;
        let document = String::from_utf8(ended.body(ended.visit("/fine"))).unwrap();
        let visit = ended.visit("/fine");
        assert!(document.contains(">fine</h1>"), "after {path}: {:?} {document}", visit.outcome);
    }
}

#[tokio::test]
#[ignore = "needs Chromium: make browser-test"]
async fn what_is_no_browser_is_said_at_once() {
    for (program, word) in [("/nowhere/chromium", "cannot be started"), ("/bin/false", "does not answer")] {
        let config = browser::Config { program: program.into(), sandbox: true, pages: 1, memory: 1 << 30 };
        let said = within(Browser::start(config)).await.err().unwrap().to_string();
        assert!(said.contains(word) && said.contains(program), "{said}");
    }
}
