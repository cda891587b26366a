//! Text that is made to harm, in every place where the API takes some: nothing breaks, nothing changes.

mod common;

use axum::body::Body;
use common::{OPERATOR, World, job, json_request, request};
use serde_json::{Value, json};

const NASTY: [&str; 30] = [
    "'",
    "\"",
    ";--",
    "' OR 1=1--",
    "1' OR '1'='1",
    "%",
    "_",
    "\\",
    "$$",
    "$1",
    "?1",
    "\0",
    "1e999",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "id;drop",
    "*",
    "../../etc/passwd",
    "..%2f..%2f",
    ".",
    "..",
    "CON",
    "\r\nX-Injected: 1",
    "\u{10a}\u{560a}",
    "\u{2028}",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "\u{1b}[2J",
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The rows of every list.
async fn rows(world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    for list in ["jobs", "runs", "webhooks", "keys", "tenants", "hosts", "dead-letters"] {
        all.push(world.get(OPERATOR, &format!("/v1/{list}")).await.is(200).json()["data"].clone());
    }
    all
}

/// Every operation: method, path, and the names of its parameters in the query.
fn operations() -> Vec<(String, String, Vec<String>)> {
    let document = api::openapi::document();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            let names = query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
            all.push((method.to_uppercase(), path.clone(), names));
        }
    }
    all
}

async fn world() -> World {
    let world = World::new().await;
    world.post(OPERATOR, "/v1/jobs", &json!({ "job": job() })).await.is(201);
    world.post(OPERATOR, "/v1/runs", &job()).await.is(201);
    world.post(OPERATOR, "/v1/keys", &json!({ "name": "a" })).await.is(201);
    let hook = json!({ "url": "https://example.com/", "events": ["run.ended"] });
    world.post(OPERATOR, "/v1/webhooks", &hook).await.is(201);
    world
}

#[tokio::test]
async fn no_parameter_of_a_query_or_a_path_is_more_than_a_value() {
    let world = world().await;
    let before = rows(&world).await;
    for (method, path, names) in operations() {
        if path.ends_with("/events") || path.contains("/scrape") {
            continue;
        }
        let known = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        let known = known.collect::<Vec<_>>().join("/");
        for nasty in NASTY.map(encoded) {
            let mut targets = Vec::new();
            if method == "GET" {
                targets.extend(names.iter().map(|name| format!("{known}?{name}={nasty}")));
                targets.push(format!("{known}?{nasty}=1"));
            }
            if path.contains('{') {
                let places = path.split('/').map(|part| if part.starts_with('{') { &*nasty } else { part });
                targets.push(places.collect::<Vec<_>>().join("/"));
            }
            for target in targets {
                let answer =
                    world.send(request(&method, &target, OPERATOR).body(Body::empty()).unwrap()).await;
                let status = answer.status.as_u16();
                assert!(status < 500, "{method} {target}: {}", answer.text());
                assert!(answer.headers.get("x-injected").is_none(), "{method} {target}");
                let kind = answer.header("content-type");
                let is_data = kind.is_empty() || kind.contains("json");
                assert!(
                    is_data && answer.header("x-content-type-options") == "nosniff",
                    "{method} {target}: {kind}"
                );
            }
        }
    }
    assert_eq!(rows(&world).await, before);
}

#[tokio::test]
async fn no_text_of_a_body_is_more_than_text() {
    let world = world().await;
    for nasty in NASTY {
        let mut named = job();
        named["name"] = json!(nasty);
        let kept = world.post(OPERATOR, "/v1/jobs", &json!({ "job": named })).await;
        assert!(matches!(kept.status.as_u16(), 201 | 422), "{nasty:?}: {}", kept.text());
        if kept.status == 201 {
            let read = world.get(OPERATOR, kept.header("location")).await.is(200).json();
            assert_eq!(read["name"], nasty);
        }
        let key = world.post(OPERATOR, "/v1/keys", &json!({ "name": nasty, "scope": "read" })).await;
        let has_controls = nasty.chars().any(char::is_control);
        assert_eq!(key.status.as_u16(), if has_controls { 422 } else { 201 }, "{nasty:?}: {}", key.text());
        for field in ["headers", "cookies"] {
            let mut asked = job();
            asked["request"] = json!({ field: { nasty: nasty } });
            let answer = world.post(OPERATOR, "/v1/runs", &asked).await;
            assert!(matches!(answer.status.as_u16(), 201 | 422), "{field} {nasty:?}: {}", answer.text());
            let breaks = nasty.contains(['\r', '\n', '\0']);
            assert!(!breaks || answer.status == 422, "{field} {nasty:?}");
        }
    }
    for wrong in [json!([]), json!("a"), json!(null), json!({ "urls": {} }), json!({ "urls": [[]] })] {
        let mut asked = job();
        asked["seeds"] = wrong;
        world.post(OPERATOR, "/v1/runs", &asked).await.is(422);
    }
}

#[tokio::test]
async fn no_header_is_more_than_a_value() {
    let world = world().await;
    let before = rows(&world).await;
    let long = "x".repeat(100_000);
    let values: Vec<&[u8]> = vec![
        b"'",
        b"\"",
        b"' OR 1=1--",
        b"\xff\xfe",
        b"\xc4\x8a",
        b"%0d%0aX-Injected: 1",
        b"*",
        b"",
        long.as_bytes(),
    ];
    for name in [
        "if-match",
        "if-none-match",
        "last-event-id",
        "x-request-id",
        "accept",
        "accept-encoding",
        "range",
        "x-forwarded-host",
    ] {
        for value in &values {
            let get =
                request("GET", "/v1/jobs/1", OPERATOR).header(name, *value).body(Body::empty()).unwrap();
            let answer = world.send(get).await;
            assert!(answer.status.as_u16() < 500, "{name} {value:?}");
            let id = answer.header("x-request-id");
            assert!((1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()), "{id:?}");
            let mut put = json_request("PUT", "/v1/jobs/1", OPERATOR, &json!({ "job": 1 }), &[]);
            put.headers_mut().insert(name, axum::http::HeaderValue::from_bytes(value).unwrap());
            let status = world.send(put).await.status.as_u16();
            assert!((400..500).contains(&status), "{name} {value:?}: {status}");
        }
    }
    assert_eq!(rows(&world).await, before);
}
