//! Webhooks to a listener: signed, tried again, delivered again, and to nowhere that is not allowed.

use crate::common::World;
use crate::common::http::Api;
use crate::common::serving::{address, job, serve};
use crate::common::world::clean;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use data_encoding::BASE64;
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What came.
struct Received {
    headers: HeaderMap,
    body: Bytes,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// A receiver's work by the Standard Webhooks scheme: one of the signatures is that of the secret.
    fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let mut signed =
            format!("{}.{}.", self.header("webhook-id"), self.header("webhook-timestamp")).into_bytes();
        signed.extend_from_slice(&self.body);
        let right = format!("v1,{}", BASE64.encode(&hmac(&key, &signed)));
        self.header("webhook-signature").split(' ').any(|one| one == right)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// HMAC-SHA256 as RFC 2104 writes it down.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(block, key)| *block ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

/// A listener that answers with the status that stands in the number.
struct Hook {
    address: SocketAddr,
    status: Arc<AtomicU16>,
    received: UnboundedReceiver<Received>,
}

impl Hook {
    async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.3", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let status = Arc::new(AtomicU16::new(204));
        let (sender, received) = unbounded_channel();
        let answers = status.clone();
        let app = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let status = answers.load(Ordering::SeqCst);
            let _ = sender.send(Received { headers, body });
            async move { StatusCode::from_u16(status).unwrap() }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Hook { address, status, received }
    }

    async fn next(&mut self) -> Received {
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), self.received.recv()).await;
        next.expect("nothing came").unwrap()
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }
}

async fn keep(api: &Api, hook: &Hook) -> (Value, String) {
    let body =
        json!({ "url": hook.url(), "events": ["run.started", "run.ended"], "headers": { "X-Mine": "1" } });
    let made = api.post("/v1/webhooks", &body).await;
    (made["id"].clone(), made["secret"].as_str().unwrap().to_owned())
}

/// Reads the newest delivery until it is as it should be; each look is a request.
async fn delivery(api: &Api, hook: &Value, is_right: impl Fn(&Value) -> bool) -> Value {
    loop {
        let rows = api.get(&format!("/v1/webhooks/{hook}/deliveries")).await;
        if is_right(&rows["data"][0]) {
            return rows["data"][0].clone();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_signed_tried_again_and_delivered_again_under_one_id() {
    let (world, mut hook) = (World::of(clean(20)).await, Hook::open().await);
    let alive = serve(&world).with(["--allow", &hook.address.to_string()]).start();
    let api = address(&alive).await;
    let (id, secret) = keep(&api, &hook).await;

    hook.status.store(500, Ordering::SeqCst);
    let event = api.post(&format!("/v1/webhooks/{id}/ping"), &json!({})).await["event"].clone();
    let first = hook.next().await;
    hook.status.store(204, Ordering::SeqCst);
    let second = hook.next().await;
    for try_ in [&first, &second] {
        assert!(try_.is_signed_with(&secret) && !try_.is_signed_with("whsec_b3RoZXI="));
        assert_eq!((try_.header("webhook-id"), try_.header("x-mine")), (event.as_str().unwrap(), "1"));
        assert_eq!(try_.header("content-type"), "application/json");
    }
    assert_eq!(first.body, second.body);
    let delivered = delivery(&api, &id, |row| row["state"] == "delivered").await;
    assert_eq!((&delivered["tries"], &delivered["last_status"]), (&json!(2), &json!("2xx")));

    let run = api.post("/v1/runs", &job(&world)).await["id"].clone();
    let mut told = [hook.next().await, hook.next().await];
    told.sort_by_key(|told| told.json()["type"] == "run.ended");
    let [started, ended] = told;
    assert_eq!(
        (&started.json()["type"], &ended.json()["type"]),
        (&json!("run.started"), &json!("run.ended"))
    );
    let about = &ended.json()["data"];
    assert_eq!(
        (&about["run"], &about["state"], &about["counts"]["pages"]),
        (&run, &json!("done"), &json!(20))
    );

    let rotated = api.post(&format!("/v1/webhooks/{id}/rotate"), &json!({})).await["secret"].clone();
    let ended_id = ended.header("webhook-id").to_owned();
    api.post(&format!("/v1/webhooks/{id}/deliveries/{ended_id}/redeliver"), &json!({})).await;
    let again = hook.next().await;
    assert_eq!((again.header("webhook-id"), &again.body), (&*ended_id, &ended.body));
    assert!(again.is_signed_with(&secret) && again.is_signed_with(rotated.as_str().unwrap()));
    alive.signal(Signal::TERM);
    alive.end().await.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_not_allowed_is_refused_when_kept_and_at_each_send() {
    let (world, mut hook) = (World::of(clean(5)).await, Hook::open().await);
    let alive = serve(&world).with(["--allow", &hook.address.to_string()]).start();
    let api = address(&alive).await;
    let (id, _) = keep(&api, &hook).await;
    alive.signal(Signal::TERM);
    alive.end().await.done();

    let alive = serve(&world).start();
    let api = address(&alive).await;
    let refused = json!({ "url": hook.url(), "events": ["run.ended"] });
    let (status, problem) = api.status("POST", "/v1/webhooks", &refused).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/url")), "{problem}");
    api.post(&format!("/v1/webhooks/{id}/ping"), &json!({})).await;
    let tried = delivery(&api, &id, |row| row["tries"] != 0 && row["last_error"] != Value::Null).await;
    assert_eq!((&tried["state"], &tried["last_error"]), (&json!("pending"), &json!("address refused")));
    assert!(hook.received.try_recv().is_err(), "nothing was dialled");
    alive.signal(Signal::TERM);
    alive.end().await.done();
}
