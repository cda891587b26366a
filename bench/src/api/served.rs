//! A server of the API with a large run in its store, as `harvestman serve` or as services over real servers.

use anyhow::{Context, Result, ensure};
use chaos::bulk::{self, Dialect};
use chaos::fleet::{Fleet, Size};
use chaos::process::Role;
use chaos::servers::Servers;
use clap::ValueEnum;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// A server answers by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// A key of an administrator, to make the one that is used.
const FIRST_KEY: &str = "only-to-make-the-key-that-is-measured";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `harvestman serve`: all in one process, over SQLite.
    Serve,
    /// `harvestman-api` and the other services, over Postgres, RabbitMQ and S3.
    Cluster,
}

/// See the module.
pub struct Served {
    /// Where the API is.
    pub base: String,
    /// The key that requests bear.
    pub key: String,
    /// Sends it along.
    pub client: Client,
    /// The process of the API.
    pub pid: u32,
    /// The large run.
    pub large: i64,
    behind: Behind,
    _folder: TempDir,
}

enum Behind {
    One(Child),
    Many(Box<(Servers, Fleet)>),
}

impl Served {
    /// Starts it. `allow`: hosts that may be harvested though they are not public.
    ///
    /// # Errors
    /// If it cannot be had.
    pub async fn start(kind: Kind, harvestman: &Path, records: u64, allow: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("harvestman-api-").tempdir()?;
        let address = format!("127.0.0.1:{}", testkit::servers::free_port()?);
        let (behind, pid, large) = match kind {
            Kind::Serve => {
                let data = folder.path().join("data");
                // The first one makes the database.
                stop(serve(harvestman, &data, &address, allow).await?)?;
                let large = in_sqlite(&data.join("harvestman.db"), records).await?;
                let child = serve(harvestman, &data, &address, allow).await?;
                let pid = child.id();
                (Behind::One(child), pid, large)
            }
            Kind::Cluster => {
                let servers = Servers::start().await;
                let large = bulk::in_postgres(&servers, records);
                let size = Size { dispatchers: 1, workers: 1, parsers: 1 };
                let mut fleet = Fleet::start(&servers, &size, &[], allow, folder.path()).await;
                // Straight to the database, and not through the proxy of the tests.
                let store = servers.postgres.url(&servers.database);
                let settings = [
                    ("HARVESTMAN_API_LISTEN", &*address),
                    ("HARVESTMAN_API_KEY", FIRST_KEY),
                    ("HARVESTMAN_STORE", &*store),
                ];
                fleet.add(Role::Api, 0, &servers, &settings, allow, folder.path()).await;
                let pid = fleet.one(Role::Api, 0).process.pid();
                (Behind::Many(Box::new((servers, fleet))), pid, large)
            }
        };
        let base = format!("http://{address}");
        healthy(&base).await?;
        let made = local()?.post(format!("{base}/v1/keys")).bearer_auth(FIRST_KEY);
        let made = made.header("content-type", "application/json");
        let made = made.body(json!({ "name": "bench", "scope": "write" }).to_string()).send().await?;
        let made: Value = serde_json::from_slice(&made.error_for_status()?.bytes().await?)?;
        let key = made["token"].as_str().context("no key")?.to_owned();
        let bearer = format!("Bearer {key}").parse()?;
        let client = Client::builder()
            .no_proxy()
            .default_headers([(reqwest::header::AUTHORIZATION, bearer)].into_iter().collect());
        Ok(Served { base, key, client: client.build()?, pid, large, behind, _folder: folder })
    }

    /// The answer to a request, which is good.
    ///
    /// # Errors
    /// None, or another one.
    pub async fn get(&self, url: &str) -> Result<Response> {
        Ok(self.client.get(url).send().await?.error_for_status()?)
    }

    /// Has something done.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn post(&self, path: &str, body: Option<String>) -> Result<Value> {
        let mut request = self.client.post(format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Ends all of it.
    ///
    /// # Errors
    /// If it does not end well.
    pub async fn end(self) -> Result<()> {
        match self.behind {
            Behind::One(child) => stop(child),
            Behind::Many(many) => {
                ensure!(many.1.died() == 0, "a service ended by itself");
                many.1.end().await;
                Ok(())
            }
        }
    }
}

async fn serve(harvestman: &Path, data: &Path, address: &str, allow: &str) -> Result<Child> {
    let mut command = Command::new(harvestman);
    command.arg("serve").args(["--listen", address, "--api-key", FIRST_KEY]).arg("--data").arg(data);
    for host in allow.split(',') {
        command.args(["--allow", host]);
    }
    let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.with_context(|| format!("{} cannot be started", harvestman.display()))?;
    healthy(&format!("http://{address}")).await?;
    Ok(child)
}

fn stop(mut child: Child) -> Result<()> {
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
    ensure!(told.success(), "the server ended by itself");
    let ended = child.wait()?;
    ensure!(ended.success(), "the server did not end well: {ended}");
    Ok(())
}

/// A client of this machine only.
fn local() -> Result<Client> {
    Ok(Client::builder().no_proxy().build()?)
}

async fn healthy(base: &str) -> Result<()> {
    let (client, until) = (local()?, Instant::now() + PATIENCE);
    loop {
        match client.get(format!("{base}/healthz")).send().await {
            Ok(answer) if answer.status() == StatusCode::OK => return Ok(()),
            other => ensure!(Instant::now() < until, "{base} does not answer: {other:?}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn in_sqlite(database: &Path, records: u64) -> Result<i64> {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", database.display())).await?;
    // The texts are all written in `chaos::bulk`, of numbers.
    let row = sqlx::query(AssertSqlSafe(bulk::run(records))).fetch_one(&mut connection).await?;
    let run: i64 = row.try_get(0)?;
    for statement in bulk::rows(Dialect::Sqlite, run, records) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(run)
}
