//! All three servers over TLS, with certificates of an authority that only this fleet is told of.

use crate::common::{PATIENCE, turn};
use backends::postgres::{self, PostgresStore};
use chaos::fleet::programs;
use chaos::process::{Process, Role};
use shared::ports::store::{NewRun, Runs};
use std::sync::Arc;
use std::time::Duration;
use testkit::servers::postgres::Postgres;
use testkit::servers::rabbitmq::RabbitMq;
use testkit::servers::s3::{BUCKET, KEY_ID, S3, SECRET};
use testkit::site::{Site, SiteSpec, job};
use testkit::tls::Authority;
use tokio::time::{Instant, sleep};

const PAGES: u32 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_trusts_the_authority_that_it_is_told_of() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let known = folder.path().join("authority.pem");
    std::fs::write(&known, authority.pem()).expect("a file");
    let identity = || authority.identity("127.0.0.1");
    let server = tokio::task::block_in_place(|| Postgres::start_tls(&identity()));
    let database = server.create();
    let plain = server.url(&database);
    postgres::migrate(&plain).await.expect("the schema");
    let rabbit = RabbitMq::start_tls(&identity()).await;
    let s3 = S3::start_tls(identity()).await;
    let site =
        Site::new(SiteSpec { page_bytes: 2_000, ..SiteSpec::clean(PAGES) }).start().await.expect("a site");
    let environment: Vec<(String, String)> = [
        ("HARVESTMAN_STORE", format!("{plain}?sslmode=verify-full")),
        ("HARVESTMAN_QUEUE", rabbit.vhost_tls("tls").await),
        ("HARVESTMAN_ARCHIVE", s3.url(BUCKET, "tls")),
        ("SSL_CERT_FILE", known.display().to_string()),
        ("AWS_ACCESS_KEY_ID", KEY_ID.into()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.into()),
        ("HARVESTMAN_ALLOW", site.address().to_string()),
        ("HARVESTMAN_ADMIN_LISTEN", "127.0.0.1:0".into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let fleet: Vec<Process> = [Role::Dispatcher, Role::Worker, Role::Parser]
        .iter()
        .map(|role| {
            let program = programs().join(format!("harvestman-{}", role.name()));
            Process::keep(*role, 0, &program, environment.clone(), folder.path())
        })
        .collect();

    let store = PostgresStore::connect(&plain, postgres::Options::default()).await.expect("a store");
    let run = store.create_run(NewRun::of(Arc::new(job(site.origin())))).await.expect("a run");
    let began = Instant::now();
    loop {
        let summary = store.summary(run).await.expect("a summary");
        if summary.state.is_over() {
            // The home page has none.
            assert_eq!(summary.counts.records, u64::from(PAGES) - 1);
            break;
        }
        let logs = || fleet.iter().map(|process| std::fs::read_to_string(&process.log).unwrap_or_default());
        assert!(began.elapsed() < PATIENCE, "{}", logs().collect::<String>());
        sleep(Duration::from_millis(100)).await;
    }
    let encrypted = "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
                     WHERE a.application_name LIKE 'harvestman-%' AND NOT s.ssl";
    assert_eq!(tokio::task::block_in_place(|| server.sql(&database, encrypted)), "0");
    for process in &fleet {
        assert_eq!(process.died(), 0);
        process.end().await;
    }
}
