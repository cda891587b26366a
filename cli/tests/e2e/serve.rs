//! `harvestman serve`: the API in front of the same stages.

use crate::common::command::Alive;
use crate::common::http::Api;
use crate::common::world::clean;
use crate::common::{Call, World};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::HashSet;

/// The job as the API takes it: without outputs, which name files of the server.
fn job(world: &World) -> Value {
    serde_json::to_value(world.job()).unwrap()
}

fn serve(world: &World) -> Call {
    let host = world.site.origin().trim_start_matches("http://").trim_end_matches('/');
    Call::of(["serve", "--listen", "127.0.0.1:0", "--allow", host])
        .with(["--data".as_ref(), world.data().as_os_str()])
}

/// Where it listens.
async fn address(alive: &Alive) -> Api {
    alive.until_it_says("Ctrl-C").await;
    let said = alive.said();
    let (_, rest) = said.split_once("listening on http://").unwrap();
    Api(rest.split(',').next().unwrap().to_owned())
}

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
