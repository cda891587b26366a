//! The store's suite over Postgres.

use crate::common::{Database, clock, connect};
use backends::postgres::PostgresStore;
use testkit::suites::store::{self, Fixture};

async fn fresh() -> Fixture<PostgresStore> {
    let database = Database::new().await;
    let clock = clock();
    let store = connect(&database.url, clock.clone()).await;
    Fixture { store, clock, keep: Box::new(database) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_stores_contract() {
    store::run(fresh).await;
}
