//! A server that has no connection to spare, holds statements up, does not answer, or shows the wrong certificate:
//! each is an error that says so, and passes when its reason does.

use crate::common::{Database, server};
use backends::postgres::{Options, PostgresStore};
use shared::job::Job;
use shared::ports::StoreError;
use shared::ports::store::{Frontier, NewRun, Runs};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::proxy::{Proxy, Through};
use testkit::servers::postgres::Postgres;
use testkit::tls::Authority;

async fn begin(store: &PostgresStore) -> Result<(), StoreError> {
    let run = store.create_run(NewRun::of(Arc::new(Job::of_seeds(["https://a.example"])))).await?;
    store.seeded(run).await
}

/// Fails for now, with a word that a person understands.
fn passes(result: Result<(), StoreError>, word: &str) {
    match result {
        Err(error @ StoreError::Unavailable(_)) => {
            assert!(error.to_string().contains(word), "{error}");
            assert!(error.is_retryable());
        }
        other => panic!("{other:?}"),
    }
}

/// Fails until a person acts, who is told why.
async fn refused(url: &str, word: &str) {
    match PostgresStore::connect(url, Options::default()).await.map(drop) {
        Err(error @ StoreError::Refused(_)) => {
            assert!(error.to_string().to_lowercase().contains(word), "{error}");
            assert!(!error.is_retryable());
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_connections_are_waited_for() {
    let database = Database::new().await;
    let role = format!("few_{}", database.name);
    server().sql(
        &database.name,
        &format!(
            "CREATE ROLE {role} LOGIN CONNECTION LIMIT 2;
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};
             GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
        ),
    );
    let url = database.url.replacen("harvestman@", &format!("{role}@"), 1);
    // More connections than the server gives: whoever gets none in time may try again.
    let one = PostgresStore::connect(&url, Options { connections: 8, ..Options::default() }).await.unwrap();
    let until_done = async || {
        while let Err(error) = begin(&one).await {
            passes(Err(error), "no connection to Postgres could be had in time");
        }
    };
    futures::future::join_all((0..40).map(|_| until_done())).await;
    // Nobody else gets one now.
    let began = Instant::now();
    let other = PostgresStore::connect(&url, Options::default()).await.map(drop);
    passes(other, "no connection to Postgres could be had in time");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    one.close().await;
    // The server may take a while to notice that they are gone.
    let again = async || match PostgresStore::connect(&url, Options::default()).await {
        Ok(store) => begin(&store).await.map(drop),
        Err(error) => Err(error),
    };
    while let Err(error) = again().await {
        passes(Err(error), "no connection to Postgres could be had in time");
    }
    server().sql(&database.name, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_is_held_up_ends_and_may_be_tried_again() {
    let database = Database::new().await;
    let store = PostgresStore::connect(&database.url, Options::default()).await.unwrap();
    let name = database.name.clone();
    // Somebody changes a table, as an operator may, and takes longer than we wait for a lock.
    let held = tokio::task::spawn_blocking(move || {
        server().sql(&name, "BEGIN; LOCK TABLE runs IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(14); COMMIT")
    });
    let lock = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'runs'::regclass";
    let sql = |text: &str| tokio::task::block_in_place(|| server().sql(&database.name, text));
    while sql(lock) == "0" {}
    // The server cancels it, as it does at the end of its deadline for a statement.
    let waiting = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
                   WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let cancelled =
        async { while tokio::task::spawn_blocking(cancel(&database, waiting)).await.unwrap() == "0" {} };
    let (cancelled, ()) = tokio::join!(begin(&store), cancelled);
    passes(cancelled, "canceling statement");
    passes(begin(&store).await, "lock timeout");
    held.await.unwrap();
    begin(&store).await.unwrap();
}

fn cancel(database: &Database, text: &'static str) -> impl FnOnce() -> String + Send + 'static {
    let name = database.name.clone();
    move || server().sql(&name, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_black_hole_is_an_outage_and_no_more() {
    let database = Database::new().await;
    let proxy = Proxy::to(([127, 0, 0, 1], server().port()).into()).await.unwrap();
    let (front, _) = database.url.split_once('@').unwrap();
    let url = format!("{front}@{}/{}", proxy.address(), database.name);
    let store = PostgresStore::connect(&url, Options { connections: 2, ..Options::default() }).await.unwrap();
    begin(&store).await.unwrap();
    // A connection that was idle for a while is asked whether it still answers.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    proxy.let_through(Through::Nothing);
    let began = Instant::now();
    passes(begin(&store).await, "in time");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    proxy.let_through(Through::Both);
    begin(&store).await.unwrap();
    // In the middle of something: the server's answers are lost.
    proxy.let_through(Through::ToServer);
    let began = Instant::now();
    passes(begin(&store).await, "in time");
    eprintln!("given up after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(45), "{:?}", began.elapsed());
    proxy.let_through(Through::Both);
    begin(&store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_verified_and_its_faults_are_named() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let (known, other) = (file("known.pem", authority.pem()), file("other.pem", stranger.pem()));
    let url = |server: &Postgres, rest: String| {
        let name = server.create();
        format!("{}?{rest}", server.url(&name))
    };
    let verified = |ca: &str| format!("sslmode=verify-full&sslrootcert={ca}");

    let right = Postgres::start_tls(&authority.identity("127.0.0.1"));
    let url_right = url(&right, verified(&known));
    backends::postgres::migrate(&url_right).await.unwrap();
    let store = PostgresStore::connect(&url_right, Options::default()).await.unwrap();
    begin(&store).await.unwrap();
    store.close().await;
    refused(&url(&right, verified(&other)), "certificate").await;

    let elsewhere = Postgres::start_tls(&authority.identity("elsewhere.test"));
    refused(&url(&elsewhere, verified(&known)), "certificate").await;
    // Without TLS there is nothing to verify.
    refused(&url(server(), verified(&known)), "tls").await;
}
