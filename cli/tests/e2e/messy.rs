//! A site like the real web.

use crate::common::World;
use crate::common::world::messy;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nearly_all_of_a_messy_site_and_nothing_that_is_denied() {
    let world = World::of(messy()).await;
    let ended = world.crawl().end().await.done();
    let verdict = world.verdict();
    println!("{verdict}\n{}", ended.stdout);
    assert!(verdict.completeness() > 98.6 && verdict.record_completeness() > 98.6, "{verdict}");
    for never in [
        &verdict.denied_fetched,
        &verdict.phantom_fetched,
        &verdict.out_of_scope_fetched,
        &verdict.unknown_fetched,
        &verdict.fetched_twice,
        &verdict.duplicated,
        &verdict.unexpected,
        &verdict.wrong_records,
    ] {
        assert!(never.is_empty(), "{verdict}");
    }
}
