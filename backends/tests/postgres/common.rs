//! One server for all tests of this program, and a database of its own for each.

use backends::postgres::{Options, PostgresStore, migrate};
use shared::clock::{Clock, ManualClock, Timestamp};
use std::sync::{Arc, OnceLock};
use testkit::servers::postgres::Postgres;
use tokio::sync::OnceCell;

/// The server; its watcher ends it with this program.
pub fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(Postgres::start)
}

/// A database with the schema; removed when it is dropped.
pub struct Database {
    server: &'static Postgres,
    pub name: String,
    pub url: String,
}

impl Database {
    pub async fn new() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(async || {
            let name = server().create();
            migrate(&server().url(&name)).await.unwrap();
            name
        });
        let name = server().create_like(template.await);
        Database { server: server(), url: server().url(&name), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.server.remove(&self.name);
        }
    }
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp(1_790_000_000_000)))
}

pub async fn connect(url: &str, clock: Arc<dyn Clock>) -> PostgresStore {
    let options = Options { connections: 4, ..Options::default() };
    PostgresStore::connect_with(url, options, clock).await.unwrap()
}
