//! Repeated requests, changes that others made first, and what webhooks may lead to.

mod common;

use axum::body::Body;
use common::{OPERATOR, World, job, json_request, request};
use serde_json::{Value, json};
use shared::body::{Bounds, decode};
use std::time::Duration;

#[tokio::test]
async fn a_request_that_is_repeated_is_done_once() {
    let world = World::new().await;
    let send = async |body: &Value, key: &str| {
        world.send(json_request("POST", "/v1/runs", OPERATOR, body, &[("idempotency-key", key)])).await
    };
    let first = send(&job(), "a").await.is(201);
    let again = send(&job(), "a").await.is(201);
    assert_eq!((&first.bytes, again.header("idempotent-replayed")), (&again.bytes, "true"));
    assert_eq!(first.header("location"), again.header("location"));
    assert_ne!(send(&job(), "b").await.is(201).bytes, first.bytes);
    let mut other = job();
    other["name"] = json!("other");
    assert_eq!(send(&other, "a").await.is(422).pointers(), ["header:Idempotency-Key"]);
    // What is wrong stays wrong.
    send(&json!({}), "c").await.is(422);
    assert_eq!(send(&json!({}), "c").await.is(422).header("idempotent-replayed"), "true");
    for key in ["", " ", "a\tb", &"a".repeat(256)] {
        send(&job(), key).await.is(400);
    }
    assert_eq!(world.get(OPERATOR, "/v1/runs").await.json()["data"].as_array().unwrap().len(), 2);
    // Another tenant's key of the same text is another key.
    let theirs = world.tenant("theirs", "write", json!({})).await;
    let request = json_request("POST", "/v1/runs", &theirs, &other, &[("idempotency-key", "a")]);
    assert_eq!(world.send(request).await.is(201).header("idempotent-replayed"), "");
}

/// As after a kill between the commit and the answer: the key was begun, and what it makes was made.
#[tokio::test]
async fn a_request_that_died_before_its_answer_makes_nothing_twice() {
    let world = World::new().await;
    let send = async || {
        let headers = [("idempotency-key", "k")];
        let job = json_request("POST", "/v1/jobs", OPERATOR, &json!({ "job": job() }), &headers);
        world.send(job).await
    };
    let first = send().await.is(201).json()["id"].clone();
    world.store.control().tidy(Duration::ZERO, Duration::ZERO).await.unwrap();
    world.clock.advance(Duration::from_millis(1));
    world.store.control().tidy(Duration::ZERO, Duration::ZERO).await.unwrap();
    let again = send().await.is(201);
    assert_eq!((again.header("idempotent-replayed"), &again.json()["id"]), ("", &first));
}

/// The answer with a new key's text was kept for a day, for whoever repeated the request; only hashes are.
#[tokio::test]
async fn a_new_keys_text_is_not_kept_for_a_repeated_request() {
    let world = World::new().await;
    let send = async |path: &str| {
        let body = json!({ "name": "n" });
        world.send(json_request("POST", path, OPERATOR, &body, &[("idempotency-key", path)])).await
    };
    let made = send("/v1/keys").await.is(201).json();
    let again = send("/v1/keys").await.is(409);
    assert!(again.text().contains(made["id"].as_str().unwrap()), "{}", again.text());
    assert_eq!(world.get(OPERATOR, "/v1/keys").await.json()["data"].as_array().unwrap().len(), 1);
    // A webhook's secret is kept anyway, to sign by: it is told again.
    let hook = json!({ "url": "https://example.com/", "events": ["run.ended"] });
    let hook = || json_request("POST", "/v1/webhooks", OPERATOR, &hook, &[("idempotency-key", "w")]);
    let (first, again) = (world.send(hook()).await.is(201), world.send(hook()).await.is(201));
    assert_eq!((first.bytes, again.header("idempotent-replayed")), (again.bytes.clone(), "true"));
}

#[tokio::test]
async fn a_change_that_names_an_old_version_is_refused() {
    let world = World::new().await;
    let body = json!({ "job": job(), "schedule": { "cron": "0 4 * * *", "timezone": "Europe/Berlin" } });
    let made = world.post(OPERATOR, "/v1/jobs", &body).await.is(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let path = made.header("location").to_owned();
    let conditional = async |method: &str, name: &str, tag: &str| {
        world.send(json_request(method, &path, OPERATOR, &body, &[(name, tag)])).await
    };
    assert_eq!(conditional("PUT", "if-match", "\"1\"").await.is(200).header("etag"), "\"2\"");
    assert_eq!(conditional("PUT", "if-match", "\"1\"").await.is(412).header("etag"), "\"2\"");
    let unchanged = request("GET", &path, OPERATOR).header("if-none-match", "\"2\"").body(Body::empty());
    assert_eq!(world.send(unchanged.unwrap()).await.status, 304);
    let next = made.json()["schedule"]["next_at"].clone();
    assert!(next.is_string());
    let paused = world.post(OPERATOR, &format!("{path}/schedule/pause"), &json!({})).await.is(200).json();
    assert_eq!((&paused["paused"], &paused["next_at"]), (&json!(true), &Value::Null));
    let resumed = world.post(OPERATOR, &format!("{path}/schedule/resume"), &json!({})).await.is(200).json();
    assert_eq!((&resumed["paused"], &resumed["next_at"]), (&json!(false), &next));
    conditional("DELETE", "if-match", "\"2\"").await.is(412);
    assert_eq!(conditional("DELETE", "if-match", "\"4\"").await.status, 204);
    world.get(OPERATOR, &path).await.is(404);
}

#[tokio::test]
async fn webhooks_lead_to_the_internet_only() {
    let world = World::new().await;
    let make = async |url: &str, headers: Value| {
        let body = json!({ "url": url, "events": ["run.ended"], "headers": headers });
        world.post(OPERATOR, "/v1/webhooks", &body).await
    };
    for url in testkit::spellings() {
        let url = format!("http://{url}/");
        let refused = make(&url, json!({})).await;
        assert!(matches!(refused.status.as_u16(), 422), "{url}: {}", refused.text());
    }
    for url in ["ftp://example.com/", "file:///etc/passwd", "https://u:p@example.com/", "nonsense", ""] {
        assert_eq!(make(url, json!({})).await.is(422).pointers(), ["/url"], "{url}");
    }
    for name in ["Host", "Content-Length", "webhook-id", "a b", "a:b", "x\r\ny", ""] {
        make("https://example.com/", json!({ name: "1" })).await.is(422);
    }
    for value in ["a\r\nb", "a\0b", "\u{10a}", "\u{560a}"] {
        make("https://example.com/", json!({ "X-A": value })).await.is(422);
    }
    let made = make("https://example.com/hook", json!({ "X-Token": "t" })).await.is(201).json();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let path = format!("/v1/webhooks/{}", made["id"]);
    let read = world.get(OPERATOR, &path).await.is(200);
    assert!(!read.text().contains("whsec_") && read.json()["headers"] == json!(["X-Token"]));
    let rotated = world.post(OPERATOR, &format!("{path}/rotate"), &json!({})).await.is(200).json();
    assert_ne!(rotated["secret"], made["secret"]);
    let event =
        world.post(OPERATOR, &format!("{path}/ping"), &json!({})).await.is(202).json()["event"].clone();
    let rows = world.get(OPERATOR, &format!("{path}/deliveries")).await.is(200).json();
    assert_eq!((&rows["data"][0]["event"], &rows["data"][0]["state"]), (&event, &json!("pending")));
}

#[tokio::test]
async fn a_job_as_a_person_writes_it_is_checked_and_not_kept() {
    let world = World::new().await;
    let check = async |text: &str| world.post(OPERATOR, "/v1/jobs/check", &json!({ "text": text })).await;
    let yaml = "seeds:\n  urls: [https://example.com/]\nextract:\n  fields:\n    price: .price\n";
    let job = check(yaml).await.is(200).json()["job"].clone();
    assert_eq!(job["extract"]["fields"]["price"]["css"], ".price");
    // What is answered can be kept, and checked again.
    assert_eq!(check(&job.to_string()).await.is(200).json()["job"], job);
    world.post(OPERATOR, "/v1/jobs", &json!({ "job": job })).await.is(201);
    let wrong = check("seeds:\n  urls: [https://example.com/]\nscope:\n  include: ['(']\n").await.is(422);
    assert_eq!(wrong.pointers(), ["/scope/include/0"]);
    let unknown = check("{\"seeds\":{\"urls\":[\"https://example.com/\"]},\"limit\":{}}").await.is(422);
    assert!(unknown.json()["errors"][0]["detail"].as_str().unwrap().contains("Did you mean `limits`?"));
    check("seeds: [\n").await.is(422);
    assert_eq!(check(&"a".repeat(2 << 20)).await.is(422).pointers(), ["/text"]);
    let bomb = (0..30).fold("a: &a [x, x]\n".to_owned(), |all, n| {
        let (this, last) = (char::from(b'b' + n % 24), char::from(b'a' + n % 24));
        format!("{all}{this}: &{this} [*{last}, *{last}, *{last}, *{last}]\n")
    });
    check(&bomb).await.is(422);
    assert_eq!(world.get(OPERATOR, "/v1/jobs").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn throughput_is_of_the_run_that_is_asked_for() {
    let world = World::new().await;
    let run = world.post(OPERATOR, "/v1/runs", &job()).await.is(201).json()["id"].clone();
    let path = format!("/v1/runs/{run}/throughput");
    world.clock.advance(Duration::from_secs(600));
    let answer = world.get(OPERATOR, &path).await.is(200).json();
    assert_eq!((&answer["seconds"], &answer["slices"]), (&json!(6), &json!([])));
    assert_eq!(world.get(OPERATOR, &format!("{path}?slices=1")).await.json()["seconds"], 601);
    for wrong in ["0", "501", "x"] {
        assert_eq!(
            world.get(OPERATOR, &format!("{path}?slices={wrong}")).await.is(400).pointers(),
            ["query:slices"]
        );
    }
    let other = world.tenant("other", "admin", json!({})).await;
    world.get(&other, &path).await.is(404);
}

#[tokio::test]
async fn answers_that_are_compressed_can_be_read() {
    let world = World::new().await;
    let run = world.post(OPERATOR, "/v1/runs", &job()).await.is(201).json()["id"].clone();
    let export = format!("/v1/runs/{run}/export?format=csv");
    for (path, status, text) in [
        ("/v1/runs/99", 404, "there is no run 99"),
        ("/v1/runs?limit=0", 400, "query:limit"),
        (export.as_str(), 200, "title"),
        ("/openapi.json", 200, "3.1.0"),
        ("/assets/dom.js", 200, "export const make"),
    ] {
        let asked = request("GET", path, OPERATOR).header("accept-encoding", "gzip");
        let answer = world.send(asked.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-encoding")), (status, "gzip"), "{path}");
        let decoded = decode(Some("gzip"), &answer.bytes, Bounds::of(10 << 20)).unwrap();
        assert!(String::from_utf8_lossy(&decoded.bytes).contains(text), "{path}");
    }
}
