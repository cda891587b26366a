//! Files, locks and versions of the store on SQLite.
#![cfg(feature = "sqlite")]

use backends::sqlite::SqliteStore;
use shared::clock::SystemClock;
use shared::ids::RunId;
use shared::job::Job;
use shared::ports::StoreError;
use shared::ports::store::{Audit, Frontier, NewRun, RunState, Runs};
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use std::sync::Arc;

async fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, Arc::new(SystemClock)).await
}

async fn refusal(path: &Path) -> String {
    match open(path).await {
        Err(StoreError::Refused(message)) => message,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it opened"),
    }
}

async fn create(store: &SqliteStore) -> RunId {
    let job = Arc::new(Job::of_seeds(["https://a.example"]));
    store.create_run(NewRun { fingerprint: "f".into(), ..NewRun::of(job) }).await.unwrap()
}

async fn write(path: &Path, statement: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/in/harvest.db");
    let store = open(&path).await.unwrap();
    let run = create(&store).await;
    store.close().await;
    let store = open(&path).await.unwrap();
    assert_eq!(store.run(run).await.unwrap().job.seeds.urls, ["https://a.example"]);
    store.seeded(run).await.unwrap();
    assert_eq!(store.summary(run).await.unwrap().state, RunState::Done);
    assert!(create(&store).await > run);
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("harvest.db");
    let store = open(&path).await.unwrap();
    let message = refusal(&path).await;
    let pid = format!("pid {}", std::process::id());
    assert!(message.contains("is in use by another harvestman") && message.contains(&pid), "{message}");
    store.close().await;
    open(&path).await.unwrap();
}

#[tokio::test]
async fn a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("harvest.db");
    open(&path).await.unwrap().close().await;
    write(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999, 'later', 1, x'00', 0)",
    )
    .await;
    let message = refusal(&path).await;
    assert!(message.contains("version 999") && message.contains("use the harvestman"), "{message}");
}

#[tokio::test]
async fn files_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("harvest.db");
    write(&path, "CREATE TABLE mine (x)").await;
    let message = refusal(&path).await;
    assert!(message.contains("is not a database of harvestman"), "{message}");
    std::fs::write(&path, "no database at all, but long enough to look like the header of one".repeat(9))
        .unwrap();
    assert!(matches!(open(&path).await, Err(StoreError::Corrupt(_))));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(refusal(&file.join("harvest.db")).await.contains("cannot make the data folder"));
}

/// The files of a running store, copied as they stand: what a machine that loses its power leaves.
#[tokio::test]
async fn a_copy_of_the_files_opens_with_all_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("harvest.db");
    let store = open(&path).await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..20 {
        runs.push(create(&store).await);
        let copy = tempfile::tempdir().unwrap();
        for name in ["harvest.db", "harvest.db-wal"] {
            std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let copied = open(&copy.path().join("harvest.db")).await.unwrap();
        for run in &runs {
            assert_eq!(copied.audit(*run).await.unwrap(), Vec::<String>::new());
        }
        copied.close().await;
    }
}
