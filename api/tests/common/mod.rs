//! The API over an empty store, and requests to it.
#![allow(dead_code)] // Each test binary uses its own part.

use api::{Access, App, Config, Deps};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use backends::memory::{MemoryArchive, MemoryQueue};
use backends::sqlite::SqliteStore;
use egress::{Egress, EgressConfig};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::clock::{ManualClock, Timestamp};
use shared::ports::{Queue, Store};
use std::sync::Arc;
use tower::ServiceExt;

/// The operator's key.
pub const OPERATOR: &str = "operator-key-of-the-tests";

pub struct World {
    pub router: Router,
    pub store: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Is of this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        if status >= 400 {
            assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
            let problem = self.json();
            assert_eq!(problem["status"], status);
            assert!(problem["detail"].is_string() && problem["request_id"].is_string(), "{problem}");
        }
        self
    }

    /// The fields that are wrong.
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.json();
        let all = problem["errors"].as_array().unwrap().iter();
        all.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

impl World {
    pub async fn new() -> Self {
        World::with(World::keys()).await
    }

    /// With the operator's key.
    pub fn keys() -> Access {
        Access::Keys { bootstrap: Some(Sha256::digest(OPERATOR.as_bytes()).into()) }
    }

    pub async fn with(access: Access) -> Self {
        World::over(access, Arc::new(MemoryQueue::new())).await
    }

    pub async fn over(access: Access, queue: Arc<dyn Queue>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_790_000_000_000)));
        let store = SqliteStore::open(&folder.path().join("harvest.db"), clock.clone()).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let deps = Deps {
            store: store.clone(),
            archive: Arc::new(MemoryArchive::default()),
            queue: queue.clone(),
            clock: clock.clone(),
            egress: Arc::new(Egress::new(EgressConfig::default())),
            check: parser::check,
            preview: Arc::new(|_, _, _, _| json!({ "records": [] })),
        };
        let app = App::new(Config { access, ..Config::default() }, deps).await.unwrap();
        World { router: api::router(app), store, queue, clock, _folder: folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub async fn get(&self, key: &str, path: &str) -> Answer {
        self.send(request("GET", path, key).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.send(json_request("POST", path, key, body, &[])).await
    }

    pub async fn put(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.send(json_request("PUT", path, key, body, &[])).await
    }

    pub async fn delete(&self, key: &str, path: &str) -> Answer {
        self.send(request("DELETE", path, key).body(Body::empty()).unwrap()).await
    }

    /// A key of a new tenant.
    pub async fn tenant(&self, name: &str, scope: &str, quotas: Value) -> String {
        let body = json!({ "name": name, "quotas": quotas });
        let tenant = self.post(OPERATOR, "/v1/tenants", &body).await.is(201).json()["id"].clone();
        let body = json!({ "name": "a key", "scope": scope, "tenant": tenant });
        let made = self.post(OPERATOR, "/v1/keys", &body).await.is(201).json();
        made["token"].as_str().unwrap().to_owned()
    }
}

pub fn request(method: &str, path: &str, key: &str) -> axum::http::request::Builder {
    let builder = Request::builder().method(method).uri(path).header(header::HOST, "api.test");
    if key.is_empty() { builder } else { builder.header(header::AUTHORIZATION, format!("Bearer {key}")) }
}

pub fn json_request(
    method: &str,
    path: &str,
    key: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Request<Body> {
    let mut builder = request(method, path, key).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(body.to_string())).unwrap()
}

/// A job of one seed.
pub fn job() -> Value {
    json!({ "seeds": { "urls": ["https://example.com/"] }, "extract": { "fields": { "title": { "css": "h1" } } } })
}
