//! Data folders and outputs that cannot be used: a message that says what to do, and exit code 1.

use crate::common::world::clean;
use crate::common::{Call, World};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use std::fs;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_in_use_is_refused_and_the_first_process_goes_on() {
    let world = World::of(clean(60)).await;
    world.site.turn(|knobs| knobs.latency_ms = 50);
    let first = world.crawl().start();
    let pid = format!("pid {}", first.pid().as_raw_nonzero());
    world.site.log().until(3).await;
    for resume in [None, Some("--resume")] {
        world.crawl().with(resume).end().await.says(1, &["in use", &pid, "another folder"]);
    }
    first.end().await.done();
    assert!(world.verdict().is_perfect(), "{}", world.verdict());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_that_is_no_folder() {
    let world = World::of(clean(10)).await;
    fs::write(world.data(), "a file").unwrap();
    world.crawl().end().await.says(1, &["--data", "data"]);
    assert_eq!(fs::read_to_string(world.data()).unwrap(), "a file");
}

async fn change(world: &World, sql: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", world.data().join("harvestman.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_of_a_newer_version() {
    let world = World::of(clean(10)).await;
    world.crawl().end().await.done();
    change(
        &world,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999, 'of tomorrow', 1, x'00', 1)",
    )
    .await;
    let requests = world.site.log().len();
    world.crawl().with(["--resume"]).end().await.says(1, &["version 999", "newer", "another data folder"]);
    assert_eq!(world.site.log().len(), requests);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_of_somebody_else() {
    let world = World::of(clean(10)).await;
    fs::create_dir(world.data()).unwrap();
    change(&world, "CREATE TABLE diary (day TEXT)").await;
    world
        .crawl()
        .end()
        .await
        .says(1, &["harvestman.db", "not a database of harvestman", "another data folder"]);

    fs::write(world.data().join("harvestman.db"), "Dear diary, ".repeat(1_000)).unwrap();
    world.crawl().end().await.says(1, &["harvestman.db", "another data folder"]);
    assert!(world.site.log().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_output_that_cannot_be_written() {
    let world = World::of(clean(10)).await;
    fs::write(world.path("file"), "a file").unwrap();
    fs::create_dir(world.path("folder.csv")).unwrap();
    for name in ["file/records.jsonl", "folder.csv"] {
        let out = world.path(name);
        let call = world.crawl_job(&world.job()).with(["--out".as_ref(), out.as_os_str()]);
        call.end().await.says(1, &["--out", name]);
    }
    assert_eq!(fs::read_to_string(world.path("file")).unwrap(), "a file");
    assert!(world.site.log().len() <= 2, "nothing is harvested in vain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_job_that_is_another() {
    let world = World::of(clean(200)).await;
    let alive = world.crawl().start();
    world.site.log().until(20).await;
    assert!(alive.kill().await);
    let data = world.data();
    let call = Call::of(["crawl", world.site.origin(), "--resume", "--data"]).with([data.as_os_str()]);
    call.end().await.says(1, &["--resume", "run 1", "same seeds and flags"]);
}
