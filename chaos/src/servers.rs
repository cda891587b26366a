//! The servers of a fleet: a Postgres, a RabbitMQ and an S3 of our own, and before them, for each process, a
//! proxy that can turn into a black hole.

use backends::postgres::{self, PostgresStore};
use shared::ports::StoreError;
use std::net::SocketAddr;
use testkit::proxy::Proxy;
use testkit::servers::postgres::Postgres;
use testkit::servers::rabbitmq::RabbitMq;
use testkit::servers::s3::{self, S3};

/// The virtual host, and the prefix of the archive.
const WORLD: &str = "chaos";

/// The servers.
pub struct Servers {
    /// The database's.
    pub postgres: Postgres,
    /// The database.
    pub database: String,
    /// The broker's.
    pub rabbit: RabbitMq,
    /// The archive's.
    pub s3: S3,
    amqp: String,
}

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Postgres.
    Database,
    /// RabbitMQ.
    Broker,
    /// S3.
    Archive,
}

impl Server {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Server::Database => "database",
            Server::Broker => "broker",
            Server::Archive => "archive",
        }
    }
}

/// One process's ways to the servers.
pub struct Ways {
    /// To Postgres.
    pub database: Proxy,
    /// To RabbitMQ.
    pub broker: Proxy,
    /// To S3.
    pub archive: Proxy,
}

impl Ways {
    /// The way to a server.
    pub fn to(&self, server: Server) -> &Proxy {
        match server {
            Server::Database => &self.database,
            Server::Broker => &self.broker,
            Server::Archive => &self.archive,
        }
    }
}

impl Servers {
    /// Starts them, with an empty database of this version.
    ///
    /// # Panics
    /// If one of them cannot be had.
    pub async fn start() -> Self {
        let servers = Servers::bare().await;
        postgres::migrate(&servers.database_url()).await.expect("the schema");
        servers
    }

    /// The same, with a database that has no schema yet.
    ///
    /// # Panics
    /// If one of them cannot be had.
    pub async fn bare() -> Self {
        let postgres = tokio::task::spawn_blocking(Postgres::start).await.expect("a Postgres");
        let database = postgres.create();
        let rabbit = RabbitMq::start().await;
        let amqp = rabbit.vhost(WORLD).await;
        let s3 = S3::start().await;
        Servers { postgres, database, rabbit, s3, amqp }
    }

    /// A proxy to each of them.
    ///
    /// # Panics
    /// If no port is to be had.
    pub async fn ways(&self) -> Ways {
        let amqp = self.amqp.rsplit('@').next().unwrap_or_default();
        let amqp = amqp.split('/').next().unwrap_or_default();
        Ways {
            database: proxy(&format!("127.0.0.1:{}", self.postgres.port())).await,
            broker: proxy(amqp).await,
            archive: proxy(self.s3.endpoint().trim_start_matches("http://")).await,
        }
    }

    /// The settings of a process that goes these ways.
    pub fn settings(&self, ways: &Ways) -> Vec<(String, String)> {
        let replaced = |url: String, to: SocketAddr| {
            let (scheme, rest) = url.split_once("://").unwrap_or_default();
            let (user, place) = rest.split_once('@').unwrap_or_default();
            let (_, path) = place.split_once('/').unwrap_or_default();
            format!("{scheme}://{user}@{to}/{path}")
        };
        let store = replaced(self.postgres.url(&self.database), ways.database.address());
        let queue = format!("{}?heartbeat=3", replaced(self.amqp.clone(), ways.broker.address()));
        let archive = self.s3.url(s3::BUCKET, WORLD);
        let archive = archive.replace(&self.s3.endpoint(), &format!("http://{}", ways.archive.address()));
        [
            ("HARVESTMAN_STORE", store),
            ("HARVESTMAN_QUEUE", queue),
            ("HARVESTMAN_ARCHIVE", archive),
            ("AWS_ACCESS_KEY_ID", s3::KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", s3::SECRET.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The archive, without a detour.
    pub fn archive_url(&self) -> String {
        self.s3.url(s3::BUCKET, WORLD)
    }

    /// The database, without a detour.
    pub fn database_url(&self) -> String {
        self.postgres.url(&self.database)
    }

    /// The queue, without a detour.
    pub fn queue_url(&self) -> &str {
        &self.amqp
    }

    /// The store, without a detour.
    ///
    /// # Errors
    /// If the database cannot be had.
    pub async fn store(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::connect(&self.database_url(), postgres::Options::default()).await
    }

    /// The broker's virtual host.
    pub fn vhost(&self) -> &'static str {
        WORLD
    }

    /// Runs a statement; what `psql` prints.
    pub fn sql(&self, statement: &str) -> String {
        self.postgres.sql(&self.database, statement)
    }
}

async fn proxy(to: &str) -> Proxy {
    let to = to.parse().expect("an address and a port");
    Proxy::to(to).await.expect("a port")
}
