//! Several runs in one data folder.

use crate::common::World;
use crate::common::world::clean;
use std::ffi::OsStr;

/// A run that was interrupted is not what the next command asked for: its site is left alone, and it is
/// still there to be resumed. Before, it went on beside the new one, without its own `--allow`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_run_rests_while_another_is_made() {
    let (first, second) = (World::of(clean(200)).await, World::of(clean(40)).await);
    let alive = first.crawl().start();
    first.site.log().until(30).await;
    assert!(alive.kill().await);

    let out = first.path("second.jsonl");
    let flags = [OsStr::new("--out"), out.as_os_str()];
    let other = first.crawl_job(&second.job()).with(flags).start();
    // By then the last request of the one that was killed has come, too.
    second.site.log().until(2).await;
    let requests = first.site.log().len();
    let ended = other.end().await.done();
    assert_eq!(ended.summary()["counts"]["pages"], 40);
    assert_eq!(first.site.log().len(), requests);
    assert_eq!(crate::common::records::jsonl(&out).len(), 39);

    let ended = first.crawl().with(["--resume"]).end().await.done();
    assert_eq!(ended.summary()["run"], 1);
    assert_eq!(ended.summary()["counts"]["pages"], 200);
    assert_eq!(ended.summary()["counts"]["failed"], 0);
    let verdict = first.verdict();
    assert!(verdict.lost.is_empty() && verdict.missing_records.is_empty(), "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_resume_the_same_job_begins_anew() {
    let world = World::of(clean(40)).await;
    world.crawl().end().await.done();
    let ended = world.crawl().end().await.done();
    assert_eq!((&ended.summary()["run"], &ended.summary()["counts"]["pages"]), (&2.into(), &40.into()));
    assert!(world.records().iter().all(|record| record["_page.run"] == 2));
}
