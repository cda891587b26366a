//! A server that goes away in mid-work: what comes back, how soon, and that nothing is lost.

use backends::postgres::{Options, PostgresStore, migrate};
use shared::job::Job;
use shared::ports::StoreError;
use shared::ports::store::{Audit, Frontier, NewRun, Runs};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::servers::postgres::{Postgres, Stop};

/// The longest time until a store works again after its server does.
const RECOVERY: Duration = Duration::from_secs(10);

struct World {
    server: Postgres,
    name: String,
    store: PostgresStore,
}

impl World {
    async fn new() -> Self {
        let server = Postgres::start();
        let name = server.create();
        migrate(&server.url(&name)).await.unwrap();
        let options = Options { connections: 4, ..Options::default() };
        let store = PostgresStore::connect(&server.url(&name), options).await.unwrap();
        World { server, name, store }
    }

    /// A run is begun, whole or not at all.
    async fn begin(&self) -> Result<(), StoreError> {
        let job = Arc::new(Job::of_seeds(["https://a.example"]));
        let run = self.store.create_run(NewRun::of(job)).await?;
        self.store.seeded(run).await?;
        Ok(())
    }

    /// All connections are in use at once, so that each is known to the pool.
    async fn fill(&self) {
        let all = tokio::join!(self.begin(), self.begin(), self.begin(), self.begin());
        assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.3.is_ok());
    }

    /// Tries until it works; every failure on the way says that another try is of use.
    async fn recovers(&self) {
        let began = Instant::now();
        while let Err(error) = self.begin().await {
            assert!(error.is_retryable(), "{error:?}");
            assert!(began.elapsed() < RECOVERY, "still not there: {error}");
        }
        for run in self.store.runs(shared::ports::store::RunSelection::newest(100)).await.unwrap() {
            assert_eq!(self.store.audit(run.run).await.unwrap(), Vec::<String>::new());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_recovers_from_whatever_becomes_of_the_server() {
    let world = World::new().await;
    world.fill().await;
    world.server.restart(Stop::Immediate);
    world.recovers().await;
    world.fill().await;
    world.server.restart(Stop::Fast);
    world.recovers().await;
    world.fill().await;
    world.server.kill();
    world.server.resume();
    world.recovers().await;
    world.fill().await;
    world.server.terminate(&world.name);
    world.recovers().await;
    // A server that only reads, and then does not.
    let set = |value| format!("ALTER DATABASE {} SET default_transaction_read_only = {value}", world.name);
    world.server.sql("postgres", &set("on"));
    world.server.terminate(&world.name);
    assert!(matches!(world.begin().await, Err(StoreError::Unavailable(_))));
    world.server.sql("postgres", &set("off"));
    world.recovers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_schema_is_refused_and_a_newer_one_is_fine() {
    let server = Postgres::start();
    let name = server.create();
    let url = server.url(&name);
    let error = PostgresStore::connect(&url, Options::default()).await.map(drop).unwrap_err();
    assert!(PostgresStore::is_older(&error), "{error}");
    assert!(error.to_string().contains("run `harvestman migrate`"), "{error}");
    // Two at the same time: one does the work, the other finds it done.
    let (one, other) = tokio::join!(migrate(&url), migrate(&url));
    assert_eq!(one.unwrap().1, other.unwrap().1);
    PostgresStore::connect(&url, Options::default()).await.unwrap();
    server.sql(
        &name,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999, 'later', true, '', 0)",
    );
    PostgresStore::connect(&url, Options::default()).await.unwrap();
    assert_eq!(migrate(&url).await.unwrap(), (999, 999));
}
