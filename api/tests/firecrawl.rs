//! `/v2` where no client is needed to see it: how long a job is kept, whom its webhook may lead to, how it is called.

mod common;

use axum::body::Body;
use common::{Answer, OPERATOR, World, json_request, request};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[track_caller]
fn is(answer: Answer, status: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
    answer.json()
}

async fn begin(world: &World, key: &str, more: Value) -> Answer {
    let mut body = json!({ "url": "https://example.com/", "limit": 3 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post(key, "/v2/crawl", &body).await
}

#[tokio::test]
async fn a_job_is_kept_until_it_was_over_for_a_day() {
    let world = World::new().await;
    let id = is(begin(&world, OPERATOR, json!({})).await, 200)["id"].as_str().unwrap().to_owned();
    let path = format!("/v2/crawl/{id}");
    world.clock.advance(HOUR * 100);
    let status = is(world.get(OPERATOR, &path).await, 200);
    assert_eq!(status["status"], "scraping", "what is under way is not expired");
    is(world.delete(OPERATOR, &path).await, 200);
    is(world.delete(OPERATOR, &path).await, 409);
    world.clock.advance(HOUR * 24 - Duration::from_millis(1));
    assert_eq!(is(world.get(OPERATOR, &path).await, 200)["status"], "cancelled");
    world.clock.advance(Duration::from_millis(1));
    for answer in [world.get(OPERATOR, &path).await, world.delete(OPERATOR, &path).await] {
        assert_eq!(is(answer, 404)["error"], "Job expired");
    }
    is(world.get(OPERATOR, &format!("{path}/errors")).await, 404);
    assert_eq!(world.get(OPERATOR, "/v1/runs/1").await.is(200).json()["state"], "cancelled", "its run stays");
}

#[tokio::test]
async fn another_tenants_job_is_none() {
    let world = World::new().await;
    let theirs = world.tenant("theirs", "write", json!({})).await;
    let id = is(begin(&world, OPERATOR, json!({})).await, 200)["id"].as_str().unwrap().to_owned();
    is(world.get(&theirs, &format!("/v2/crawl/{id}")).await, 404);
    is(world.delete(&theirs, &format!("/v2/crawl/{id}")).await, 404);
    let append = json!({ "urls": ["https://example.com/"], "appendToId": id });
    is(world.post(&theirs, "/v2/batch/scrape", &append).await, 404);
    is(world.post(OPERATOR, "/v2/batch/scrape", &append).await, 409);
}

#[tokio::test]
async fn a_webhook_leads_to_the_internet_only_and_is_of_one_run() {
    let world = World::new().await;
    for url in [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/",
        "ftp://a.example/",
        "",
    ] {
        let refused = is(begin(&world, OPERATOR, json!({ "webhook": url })).await, 400);
        assert!(refused["error"].as_str().unwrap().contains("webhook"), "{refused}");
    }
    for wrong in [
        json!({ "url": "https://a.example/", "events": ["all"] }),
        json!({ "url": "https://a.example/", "headers": { "webhook-id": "1" } }),
        json!({ "url": "https://a.example/", "headers": { "x": 1 } }),
        json!({ "url": "https://a.example/", "metadata": { "x": "y".repeat(20_000) } }),
        json!({ "events": ["page"] }),
        json!(1),
    ] {
        is(begin(&world, OPERATOR, json!({ "webhook": wrong })).await, 400);
    }
    assert_eq!(world.get(OPERATOR, "/v1/runs").await.is(200).json()["data"], json!([]));
    is(begin(&world, OPERATOR, json!({ "webhook": "https://a.example/hook" })).await, 200);
    let hooks = world.get(OPERATOR, "/v1/webhooks").await.is(200).json();
    assert_eq!((&hooks["data"][0]["run"], hooks["data"].as_array().unwrap().len()), (&json!(1), 1));
    let change = json!({ "url": "https://b.example/", "events": ["run.ended"] });
    world.put(OPERATOR, "/v1/webhooks/1", &change).await.is(409);
}

#[tokio::test]
async fn the_secret_of_webhooks_is_for_administrators_and_can_be_changed() {
    let world = World::new().await;
    let theirs = world.tenant("theirs", "write", json!({})).await;
    world.get(&theirs, "/v1/webhook-secret").await.is(403);
    let read = async || world.get(OPERATOR, "/v1/webhook-secret").await.is(200).json()["secret"].clone();
    let first = read().await;
    assert!(first.as_str().unwrap().starts_with("whsec_") && read().await == first);
    let fresh =
        world.post(OPERATOR, "/v1/webhook-secret/rotate", &json!({})).await.is(200).json()["secret"].clone();
    assert!(fresh != first && read().await == fresh);
}

#[tokio::test]
async fn a_proxy_that_ends_tls_is_believed_and_another_name_is_not() {
    let world = World::new().await;
    let headers = [("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")];
    let body = json!({ "url": "https://example.com/" });
    let request = json_request("POST", "/v2/crawl", OPERATOR, &body, &headers);
    let begun = is(world.send(request).await, 200);
    assert!(begun["url"].as_str().unwrap().starts_with("https://api.test/v2/crawl/"), "{begun}");
}

#[tokio::test]
async fn errors_of_arguments_have_the_form_of_this_api() {
    let world = World::new().await;
    let id = is(begin(&world, OPERATOR, json!({})).await, 200)["id"].as_str().unwrap().to_owned();
    for (path, status) in [
        (format!("/v2/crawl/{id}?limit=many"), 400),
        (format!("/v2/crawl/{id}?after=x"), 400),
        ("/v2/crawl/x".to_owned(), 400),
        ("/v2/nothing".to_owned(), 404),
        ("/v2/monitor".to_owned(), 501),
    ] {
        assert_eq!(is(world.get(OPERATOR, &path).await, status)["success"], false, "{path}");
    }
    let put = request("PUT", "/v2/scrape", OPERATOR).body(Body::empty()).unwrap();
    assert_eq!(world.send(put).await.status.as_u16(), 405);
}
