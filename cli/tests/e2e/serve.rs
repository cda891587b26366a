//! `harvestman serve`: the API in front of the same stages.

use crate::common::http::Api;
use crate::common::serving::{address, job, serve};
use crate::common::world::clean;
use crate::common::{Call, World};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Asks for the run until it is done; each answer is a request, so this is no busy loop.
async fn done(api: &Api, run: &Value) -> Value {
    loop {
        let summary = api.get(&format!("/v1/runs/{run}")).await;
        if summary["state"] == "done" {
            return summary;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_begun_and_read_over_the_api_and_goes_on_after_ctrl_c() {
    let world = World::of(clean(300)).await;
    let alive = serve(&world).start();
    let api = address(&alive).await;
    let run = api.post("/v1/runs", &job(&world)).await["id"].clone();
    world.site.log().until(60).await;
    alive.signal(Signal::INT);
    alive.end().await.says(0, &["stopping"]);

    let alive = serve(&world).start();
    let api = address(&alive).await;
    let summary = done(&api, &run).await;
    assert_eq!(summary["counts"]["pages"], 300, "{summary}");
    let records = api.get(&format!("/v1/runs/{run}/records?limit=1000")).await;
    assert_eq!(records["data"].as_array().unwrap().len(), 299);
    alive.signal(Signal::TERM);
    alive.end().await.done();
    let hits = world.site.log().hits();
    let targets: HashSet<&str> = hits.iter().map(|hit| hit.target.as_str()).collect();
    assert_eq!(targets.len(), hits.len(), "no page is asked twice");
}

/// Parses a run again, and waits until it is done.
async fn reparsed(api: &Api, run: &Value, rules: &Value) -> Value {
    let version = api.post(&format!("/v1/runs/{run}/reparse"), rules).await["version"].clone();
    loop {
        let found = api.get(&format!("/v1/runs/{run}/versions/{version}")).await;
        if found["state"] == "done" {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_pages_are_parsed_again_without_a_request() {
    let world = World::of(clean(300)).await;
    let alive = serve(&world).start();
    let api = address(&alive).await;
    let run = api.post("/v1/runs", &job(&world)).await["id"].clone();
    done(&api, &run).await;
    let records = |query: &'static str| {
        let path = format!("/v1/runs/{run}/records?limit=1000{query}");
        let api = &api;
        async move { api.get(&path).await["data"].as_array().unwrap().clone() }
    };
    let first = records("").await;
    let asked = world.site.log().hits().len();

    let mut extract = job(&world)["extract"].clone();
    let kept = extract["fields"].as_object_mut().unwrap();
    let gone = kept.keys().next().unwrap().clone();
    let dropped = kept.shift_remove(&gone).unwrap();
    kept.insert("renamed".into(), dropped);
    let dry = reparsed(&api, &run, &json!({ "extract": extract, "dry_run": true })).await;
    assert_eq!((&dry["current"], &dry["records"]), (&json!(false), &json!(299)), "{dry}");
    let of = |name: &str| {
        dry["differences"].as_array().unwrap().iter().find(|field| field["field"] == name).unwrap().clone()
    };
    assert_eq!((&of(&gone)["removed"], &of("renamed")["added"]), (&json!(299), &json!(299)), "{dry}");
    assert_eq!(records("").await, first, "a dry run changes nothing");

    let version = reparsed(&api, &run, &json!({ "extract": extract })).await;
    assert_eq!(version["current"], true, "{version}");
    let second = records("").await;
    assert_eq!((second.len(), second[0]["fields"].get(&gone)), (299, None));
    let same = |old: &Value, new: &Value| {
        old["fields"][&gone] == new["fields"]["renamed"] && old["page"] == new["page"]
    };
    assert!(first.iter().zip(&second).all(|(old, new)| same(old, new)));
    assert_eq!(records("&version=0").await, first, "the crawl's own stays readable");
    assert_eq!(world.site.log().hits().len(), asked, "nothing was fetched again");
    alive.signal(Signal::TERM);
    alive.end().await.done();
}

#[tokio::test]
async fn what_crawl_left_unfinished_rests() {
    let world = World::of(clean(300)).await;
    let crawl = world.crawl().start();
    world.site.log().until(60).await;
    crawl.signal(Signal::INT);
    crawl.end().await.says(130, &[]);
    let alive = serve(&world).start();
    let api = address(&alive).await;
    let runs = api.get("/v1/runs").await;
    assert_eq!(runs["data"][0]["state"], "paused", "{runs}");
    alive.signal(Signal::INT);
    alive.end().await.says(0, &["--resume"]);
    world.crawl().with(["--resume"]).end().await.done();
    assert!(world.verdict().is_perfect(), "{}", world.verdict());
}

#[tokio::test]
async fn an_address_that_others_reach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let call = Call::of(["serve", "--listen", "0.0.0.0:0"]).with(["--data".as_ref(), data.as_os_str()]);
    call.end().await.says(2, &["--listen", "127.0.0.1"]);
    assert!(!data.exists());
}
