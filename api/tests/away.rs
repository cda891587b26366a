//! A broker that is away, and an API that goes away.

mod common;

use api::{Access, Config, Deps};
use async_trait::async_trait;
use backends::memory::{MemoryArchive, MemoryQueue};
use backends::sqlite::SqliteStore;
use bytes::Bytes;
use common::{OPERATOR, World, job};
use egress::{Egress, EgressConfig};
use serde_json::json;
use shared::clock::SystemClock;
use shared::ports::{Consumer, Lane, Queue, QueueError};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A broker that takes nothing and says nothing.
struct Away;

#[async_trait]
impl Queue for Away {
    async fn publish(&self, _: &Lane, _: Vec<Bytes>) -> Result<(), QueueError> {
        std::future::pending().await
    }

    async fn consume(&self, _: &Lane, _: u16) -> Result<Box<dyn Consumer>, QueueError> {
        std::future::pending().await
    }

    async fn depth(&self, _: &Lane) -> Result<u64, QueueError> {
        std::future::pending().await
    }
}

/// The run was there, and its client was told after thirty seconds to try again.
#[tokio::test]
async fn a_run_begins_while_the_broker_is_away() {
    let world = World::over(World::keys(), Arc::new(Away)).await;
    world.post(OPERATOR, "/v1/runs", &job()).await.is(201);
    assert_eq!(world.get(OPERATOR, "/v1/runs").await.json()["data"].as_array().unwrap().len(), 1);
}

/// A client that keeps its connection lost the request that crossed with the close.
#[tokio::test]
async fn who_keeps_a_connection_is_told_that_the_api_goes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let deps = Deps {
        store: Arc::new(SqliteStore::open(&folder.path().join("harvest.db"), clock.clone()).await.unwrap()),
        archive: Arc::new(MemoryArchive::default()),
        queue: Arc::new(MemoryQueue::new()),
        clock,
        egress: Arc::new(Egress::new(EgressConfig::default())),
        check: parser::check,
        preview: Arc::new(|_, _, _, _| json!({})),
    };
    let access = Access::Open { loopback_only: true };
    let config = Config { access, leave: Duration::from_secs(1), ..Config::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let api = tokio::spawn(api::run(config, deps, listener, stop.clone()));
    let mut kept = TcpStream::connect(address).await.unwrap();
    assert!(!ask(&mut kept).await.contains("connection: close"));
    stop.cancel();
    assert!(ask(&mut kept).await.contains("connection: close"));
    assert_eq!(kept.read(&mut [0; 1]).await.unwrap(), 0, "it is closed then");
    // Who comes now is answered too: others do not know yet that the API goes.
    assert!(ask(&mut TcpStream::connect(address).await.unwrap()).await.contains("connection: close"));
    api.await.unwrap().unwrap();
}

/// The answer to one request, in lower case.
async fn ask(connection: &mut TcpStream) -> String {
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nok") {
        assert!(connection.read_buf(&mut answer).await.unwrap() > 0, "no answer: {answer:?}");
    }
    let answer = String::from_utf8(answer).unwrap().to_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    answer
}
