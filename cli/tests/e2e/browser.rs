//! Pages that are made by their scripts, harvested with a real Chromium (`make browser-test`) and without one.

use crate::common::http::Api;
use crate::common::server::{answer, serve};
use crate::common::serving::address;
use crate::common::{Call, records};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
/// Products of the shop.
const PRODUCTS: usize = 12;

/// A shop whose pages are empty until their script has run.
async fn shop() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let at = serve("127.0.0.2", move |target| {
        log.lock().unwrap().push(target.to_owned());
        match target {
            "/robots.txt" => answer("404 Not Found", "", ""),
            "/app.js" => answer(
                "200 OK",
                "Content-Type: text/javascript\r\n",
                "fetch('/api'+location.pathname).then(r=>r.json()).then(d=>{document.body.innerHTML=\
                 d.links.map(l=>`<a href=${l}>x</a>`).join('')+(d.name?`<h1>${d.name}</h1>`:'')})",
            ),
            target => match target.strip_prefix("/api/") {
                None => answer("200 OK", HTML, "<!doctype html><body><script src=/app.js></script>"),
                Some("") => {
                    let links: Vec<String> = (0..PRODUCTS).map(|n| format!("/p/{n}")).collect();
                    answer(
                        "200 OK",
                        "Content-Type: application/json\r\n",
                        &json!({ "links": links }).to_string(),
                    )
                }
                Some(path) => {
                    let product = json!({ "links": [], "name": format!("Thing {path}") });
                    answer("200 OK", "Content-Type: application/json\r\n", &product.to_string())
                }
            },
        }
    })
    .await;
    (at, asked)
}

fn names(records: impl Iterator<Item = Value>) -> Vec<String> {
    let mut names: Vec<String> = records.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    names.sort();
    names
}

fn truth() -> Vec<String> {
    let mut names: Vec<String> = (0..PRODUCTS).map(|n| format!("Thing p/{n}")).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: make browser-test"]
async fn a_shop_made_by_scripts_is_harvested() {
    let (shop, _asked) = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let crawl = |flags: &'static [&'static str]| {
        Call::of(["crawl", &format!("http://{shop}/"), "--field", "name=h1", "--delay", "0"])
            .with(flags)
            .with(["--data".as_ref(), data.as_os_str()])
    };
    // Without a browser there is nothing on it.
    let plain = crawl(&[]).end().await.done();
    assert!(records::lines(&plain.stdout).iter().all(|record| record["name"].is_null()));
    let ended = crawl(&["--browser", "--browser-no-sandbox"]).end().await.done();
    let found = records::lines(&ended.stdout);
    assert_eq!(names(found.iter().map(|record| record["name"].clone())), truth(), "{}", ended.stderr);
}

async fn done(api: &Api, path: &str) -> Value {
    loop {
        let found = api.get(path).await;
        if found["state"] == "done" {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: make browser-test"]
async fn what_was_rendered_is_parsed_again_without_a_request() {
    let (shop, asked) = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let chromium = browser::find().expect("a chromium in the path");
    let alive = Call::of(["serve", "--listen", "127.0.0.1:0", "--allow", &shop.to_string()])
        .with(["--browser-no-sandbox", "--browser-path"])
        .with([chromium.as_os_str(), "--data".as_ref(), data.as_os_str()])
        .start();
    let api = address(&alive).await;
    let job = json!({
        "seeds": { "urls": [format!("http://{shop}/")] },
        "politeness": { "delay": 0 },
        "request": { "engine": "browser" },
        "extract": { "fields": { "title": "title" } },
    });
    let run = api.post("/v1/runs", &job).await["id"].clone();
    done(&api, &format!("/v1/runs/{run}")).await;
    let requests = asked.lock().unwrap().len();
    let again = json!({ "extract": { "fields": { "name": "h1" } } });
    let version = api.post(&format!("/v1/runs/{run}/reparse"), &again).await["version"].clone();
    done(&api, &format!("/v1/runs/{run}/versions/{version}")).await;
    let found = api.get(&format!("/v1/runs/{run}/records?limit=1000")).await;
    let found = found["data"].as_array().unwrap().iter().map(|record| record["fields"]["name"].clone());
    assert_eq!(names(found), truth());
    assert_eq!(asked.lock().unwrap().len(), requests, "nothing was fetched again");
    alive.signal(Signal::TERM);
    alive.end().await.done();
}

#[tokio::test]
async fn a_server_without_a_browser_says_so_and_so_does_a_crawl_with_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = ["--data".as_ref(), data.as_os_str()];
    let call = Call::of(["crawl", "http://127.0.0.2/", "--browser"]).with(data).env("PATH", "/nowhere");
    call.end().await.says(2, &["no Chromium is installed", "--browser-path"]);
    let call =
        Call::of(["crawl", "http://127.0.0.2/", "--browser", "--browser-path", "/nowhere/x"]).with(data);
    call.end().await.says(1, &["/nowhere/x cannot be started"]);
    let alive = Call::of(["serve", "--listen", "127.0.0.1:0"]).with(data).start();
    let api = address(&alive).await;
    let job = json!({ "seeds": { "urls": ["http://127.0.0.2/"] }, "request": { "engine": "browser" } });
    let (status, refused) = api.status("POST", "/v1/runs", &job).await;
    assert_eq!((status, refused.to_string().contains("--browser-path")), (422, true), "{refused}");
    alive.signal(Signal::TERM);
    alive.end().await.done();
}
