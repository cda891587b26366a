//! Standard output: records or a summary, never both, and nothing else.

use crate::common::world::clean;
use crate::common::{Call, World, records};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_alone_on_standard_output() {
    let world = World::of(clean(40)).await;
    let ended = world.crawl_job(&world.job()).with(["--out", "-", "--progress", "plain"]).end().await.done();
    assert_eq!(records::lines(&ended.stdout).len(), 39);
    let summary = ended.stderr.lines().find(|line| line.starts_with("{\"run\"")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap();
    assert_eq!(summary["counts"]["records"], 39);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_without_an_output_means_standard_output() {
    let world = World::of(clean(20)).await;
    let data = world.data();
    let call = Call::of(["crawl", world.site.origin(), "--field", "name=h1.product-name", "--delay", "0"]);
    let ended = call.with(["--data".as_ref(), data.as_os_str()]).end().await.done();
    let records = records::lines(&ended.stdout);
    assert_eq!(records.len(), 19);
    assert!(records.iter().all(|record| record["name"].is_string()));
    assert!(ended.stderr.contains("run 1: done"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_output_without_fields_has_every_page_by_its_title() {
    let world = World::of(clean(20)).await;
    let (data, out) = (world.data(), world.path("pages.jsonl"));
    let call = Call::of(["crawl", world.site.origin(), "--delay", "0", "--quiet"]);
    let call = call.with(["--data".as_ref(), data.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    let ended = call.end().await.done();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "quiet is quiet");
    let pages = records::jsonl(&out);
    assert_eq!(pages.len(), 20);
    assert!(pages.iter().all(|page| page["title"].is_string()), "{pages:?}");
}
