//! What holds for every route: a key is needed, errors are problems, the description is current.

mod common;

use axum::body::Body;
use common::{Answer, OPERATOR, World, job, json_request, request};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// Every route of the description, with something in the place of its parameters.
fn routes() -> Vec<(String, String)> {
    let document = api::openapi::document();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        for method in methods.as_object().unwrap().keys() {
            all.push((method.to_uppercase(), path.join("/")));
        }
    }
    assert!(all.len() > 70, "{}", all.len());
    all
}

/// A 401 in the form of this part of the API.
#[track_caller]
fn refused(answer: Answer, path: &str) -> Answer {
    if !path.starts_with("/v2/") {
        return answer.is(401);
    }
    assert_eq!((answer.status.as_u16(), &answer.json()["success"]), (401, &json!(false)), "{path}");
    answer
}

#[tokio::test]
async fn every_route_needs_a_key() {
    let world = World::new().await;
    let long = format!("hm_a_{}", "b".repeat(10_000));
    for (method, path) in routes() {
        for key in ["", "wrong", "hm_a_b", "hm_aaaaaaaaaaaaaaaa_bbbb", long.as_str()] {
            let answer = world.send(request(&method, &path, key).body(Body::empty()).unwrap()).await;
            let answer = refused(answer, &path);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{method} {path}");
        }
        let query = format!("{path}?api_key={OPERATOR}&key={OPERATOR}");
        refused(world.send(request(&method, &query, "").body(Body::empty()).unwrap()).await, &path);
    }
    for path in ["/healthz", "/openapi.json", "/docs", "/"] {
        world.get("", path).await.is(200);
    }
}

#[tokio::test]
async fn keys_are_read_from_one_header_in_one_way() {
    let world = World::new().await;
    let with = |values: &[&str]| {
        let mut builder = request("GET", "/v1/tenant", "");
        for value in values {
            builder = builder.header("authorization", *value);
        }
        builder.body(Body::empty()).unwrap()
    };
    let good = format!("Bearer {OPERATOR}");
    world.send(with(&[&good])).await.is(200);
    world.send(with(&[&good.replace("Bearer", "bearer")])).await.is(200);
    for wrong in ["Bearer", "Bearer ", "Basic eDp5", OPERATOR] {
        world.send(with(&[wrong])).await.is(401);
    }
    world.send(with(&[&good, &good])).await.is(401);
    let cookie = request("GET", "/v1/tenant", "").header("cookie", format!("key={OPERATOR}"));
    world.send(cookie.body(Body::empty()).unwrap()).await.is(401);
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let world = World::new().await;
    world.get(OPERATOR, "/nothing").await.is(404);
    for path in
        ["/v1//jobs", "/v1/jobs/", "/v1/jobs/%2e%2e", "/v1/jobs/..%2f1", "/v1/jobs/x", "/v1/jobs/1e999"]
    {
        world.get(OPERATOR, path).await.is(404);
    }
    let patch = request("PATCH", "/v1/jobs", OPERATOR).body(Body::empty()).unwrap();
    world.send(patch).await.is(405);
    let overridden = request("POST", "/v1/jobs/1", OPERATOR).header("x-http-method-override", "DELETE");
    world.send(overridden.body(Body::empty()).unwrap()).await.is(405);
    let text = request("POST", "/v1/jobs", OPERATOR).header("content-type", "text/plain");
    world.send(text.body(Body::from("{}")).unwrap()).await.is(415);
    let coded = request("POST", "/v1/jobs", OPERATOR).header("content-type", "application/json");
    world.send(coded.header("content-encoding", "gzip").body(Body::from("{}")).unwrap()).await.is(415);
    let raw = |body: Vec<u8>| {
        let builder = request("POST", "/v1/jobs", OPERATOR).header("content-type", "application/json");
        builder.body(Body::from(body)).unwrap()
    };
    world.send(raw(b"{".to_vec())).await.is(400);
    world.send(raw(vec![0xff, 0xfe])).await.is(400);
    world.send(raw("[".repeat(10_000).into_bytes())).await.is(400);
    world.send(raw(br#"{"job":{},"job":{}}"#.to_vec())).await.is(422);
    world.send(raw(vec![b' '; 11 << 20])).await.is(413);
    for query in
        ["limit=0", "limit=-1", "limit=1000000000", "limit=a", "sort=id;drop", "fields=*", "cursor='"]
    {
        let wrong = world.get(OPERATOR, &format!("/v1/jobs?{query}")).await.is(400);
        assert_eq!(wrong.pointers().len(), 1, "{query}");
    }
    assert_eq!(world.get(OPERATOR, "/v1/jobs?limit=0").await.pointers(), ["query:limit"]);
    let id =
        request("GET", "/nothing", OPERATOR).header("x-request-id", "mine-1").body(Body::empty()).unwrap();
    let answer = world.send(id).await.is(404);
    assert_eq!((answer.header("x-request-id"), &answer.json()["request_id"]), ("mine-1", &json!("mine-1")));
}

#[tokio::test]
async fn a_job_that_does_not_fit_is_told_where() {
    let world = World::new().await;
    let pointers = async |body| world.post(OPERATOR, "/v1/jobs", &body).await.is(422).pointers();
    let mut wrong = job();
    wrong["scope"] = json!({ "include": ["(", "fine", "["] });
    let found = pointers(json!({ "job": wrong })).await;
    assert_eq!(found, ["/job/scope/include/0", "/job/scope/include/2"]);
    let mut wrong = job();
    wrong["limits"] = json!({ "pages": "many" });
    assert_eq!(pointers(json!({ "job": wrong })).await, ["/job/limits/pages"]);
    let mut file = job();
    file["seeds"]["file"] = json!("/etc/passwd");
    assert_eq!(pointers(json!({ "job": file })).await, ["/job/seeds/file"]);
    let mut output = job();
    output["outputs"] = json!([{ "path": "/tmp/x.csv" }]);
    assert_eq!(pointers(json!({ "job": output })).await, ["/job/outputs"]);
    let schedule = json!({ "cron": "61 * * * *" });
    assert_eq!(pointers(json!({ "job": job(), "schedule": schedule })).await, ["/schedule/cron"]);
    assert_eq!(world.get(OPERATOR, "/v1/jobs").await.json()["data"], json!([]));
}

#[tokio::test]
async fn without_keys_only_names_of_this_machine_are_answered() {
    let world = World::with(api::Access::Open { loopback_only: true }).await;
    for (host, status) in [
        ("127.0.0.1:8080", 200),
        ("localhost:8080", 200),
        ("[::1]:8080", 200),
        ("evil.example:8080", 421),
        ("127.0.0.1.evil.example", 421),
    ] {
        let request = axum::http::Request::builder().uri("/v1/tenant").header("host", host);
        world.send(request.body(Body::empty()).unwrap()).await.is(status);
    }
}

/// They were names of functions, and most of them there several times: no client could be made from that.
#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = api::openapi::document();
    let paths = document["paths"].as_object().unwrap().values();
    let operations: Vec<_> = paths.flat_map(|path| path.as_object().unwrap().values()).collect();
    let names: BTreeSet<_> = operations.iter().map(|one| one["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations.len(), "{names:?}");
}

#[test]
fn the_committed_description_is_the_one_of_the_routes() {
    let made = format!("{:#}\n", api::openapi::document());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(made == committed, "docs/openapi.json is old: run `make openapi`");
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_no_trouble() {
    let world = World::new().await;
    let mut many = job();
    many["seeds"]["urls"] = (0..100_001).map(|n| json!(format!("https://example.com/{n}"))).collect();
    let answer = world.send(json_request("POST", "/v1/runs", OPERATOR, &many, &[])).await.is(422);
    assert_eq!(answer.pointers(), ["/seeds"]);
}
