//! Limits end a run, and say so.

use crate::common::World;
use crate::common::world::clean;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_more_pages_than_asked_for() {
    for most in [1, 7, 120] {
        let world = World::of(clean(300)).await;
        let ended = world.crawl().with(["--max-pages", &most.to_string()]).end().await.done();
        let summary = ended.summary();
        assert_eq!(summary["counts"]["pages"], most);
        assert!(summary["by"]["cut"]["limit_pages"].as_u64().unwrap() > 0, "{summary}");
        assert_eq!(world.site.log().len(), 1 + most, "robots.txt and the pages");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_further_from_the_seed_than_asked_for() {
    let world = World::of(clean(300)).await;
    let ended = world.crawl().with(["--max-depth", "1"]).end().await.done();
    let home = &world.job().seeds.urls[0];
    let books = world.store().await;
    let run = books.runs().await[0].run;
    let pages = books.pages(run).await;
    assert!(pages.iter().all(|page| page.depth <= 1), "{pages:?}");
    assert_eq!(pages.iter().filter(|page| page.depth == 0 && page.url == *home).count(), 1);
    assert_eq!(ended.summary()["counts"]["pages"], 16, "the home page and its links");
    assert!(ended.summary()["by"]["refused"]["too_deep"].as_u64().unwrap() > 0, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_end_a_run() {
    let world = World::of(clean(300)).await;
    let ended = world.crawl().with(["--max-bytes", "50kB", "--lanes", "1"]).end().await.done();
    let summary = ended.summary();
    assert!(summary["by"]["cut"]["limit_bytes"].as_u64().unwrap() > 0, "{summary}");
    assert!(summary["counts"]["pages"].as_u64().unwrap() < 300, "{summary}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_ends_a_run() {
    let world = World::of(clean(300)).await;
    let ended = world.crawl().with(["--max-time", "2s", "--delay", "100ms"]).end().await.done();
    let summary = ended.summary();
    assert_eq!(summary["state"], "done");
    assert!(summary["by"]["cut"]["limit_time"].as_u64().unwrap() > 0, "{summary}");
    let asked = world.site.log().hits();
    let took = Duration::from_micros(asked.last().unwrap().at_us - asked[0].at_us);
    assert!(took < Duration::from_secs(4), "{took:?}");
}
