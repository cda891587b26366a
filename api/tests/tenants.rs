//! Tenants do not see each other; keys do what their scope says, for as long as they live.

mod common;

use common::{OPERATOR, World, job};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn another_tenants_things_are_not_there() {
    let world = World::new().await;
    let (mine, theirs) =
        (world.tenant("mine", "admin", json!({})).await, world.tenant("theirs", "admin", json!({})).await);
    let kept = world.post(&mine, "/v1/jobs", &json!({ "job": job() })).await.is(201).json()["id"].clone();
    let run =
        world.post(&mine, &format!("/v1/jobs/{kept}/runs"), &json!({})).await.is(201).json()["id"].clone();
    let hook = json!({ "url": "https://example.com/hook", "events": ["run.ended"] });
    let hook = world.post(&mine, "/v1/webhooks", &hook).await.is(201).json()["id"].clone();
    let key = world.get(&mine, "/v1/keys").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    for path in [
        format!("/v1/jobs/{kept}"),
        format!("/v1/jobs/{kept}/firings"),
        format!("/v1/runs/{run}"),
        format!("/v1/runs/{run}/pages"),
        format!("/v1/runs/{run}/records"),
        format!("/v1/runs/{run}/export"),
        format!("/v1/runs/{run}/events"),
        format!("/v1/hosts?run={run}"),
        format!("/v1/webhooks/{hook}"),
        format!("/v1/webhooks/{hook}/deliveries"),
    ] {
        if !path.ends_with("/events") && !path.ends_with("/firings") {
            world.get(&mine, &path).await.is(200);
        }
        world.get(&theirs, &path).await.is(404);
    }
    for path in [
        format!("/v1/jobs/{kept}/runs"),
        format!("/v1/runs/{run}/cancel"),
        format!("/v1/webhooks/{hook}/ping"),
        format!("/v1/keys/{key}/rotate"),
    ] {
        world.post(&theirs, &path, &json!({})).await.is(404);
    }
    let body = json!({ "job": job() });
    world.put(&theirs, &format!("/v1/jobs/{kept}"), &body).await.is(404);
    world.delete(&theirs, &format!("/v1/jobs/{kept}")).await.is(404);
    world.delete(&theirs, &format!("/v1/keys/{key}")).await.is(404);
    for list in ["/v1/jobs", "/v1/runs", "/v1/webhooks", "/v1/hosts"] {
        assert_eq!(world.get(&theirs, list).await.is(200).json()["data"], json!([]), "{list}");
    }
    world.get(&theirs, "/v1/tenants").await.is(403);
    let foreign = json!({ "name": "x", "tenant": 1 });
    world.post(&theirs, "/v1/keys", &foreign).await.is(404);
    // A cursor of one tenant's list is none of another's.
    world.post(&mine, "/v1/jobs", &json!({ "job": job() })).await.is(201);
    let first = world.get(&mine, "/v1/jobs?limit=1").await.is(200);
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    assert!(first.header("link").contains(&cursor) && first.header("link").ends_with("rel=\"next\""));
    world.get(&mine, &format!("/v1/jobs?cursor={cursor}")).await.is(200);
    world.get(&theirs, &format!("/v1/jobs?cursor={cursor}")).await.is(400);
}

#[tokio::test]
async fn a_scope_says_what_a_key_may_do() {
    let world = World::new().await;
    let read = world.tenant("reader", "read", json!({})).await;
    let write = world.tenant("writer", "write", json!({})).await;
    world.get(&read, "/v1/runs").await.is(200);
    world.post(&read, "/v1/runs", &job()).await.is(403);
    world.post(&write, "/v1/runs", &job()).await.is(201);
    for key in [&read, &write] {
        world.get(key, "/v1/keys").await.is(403);
        world.post(key, "/v1/keys", &json!({ "name": "more", "scope": "admin" })).await.is(403);
    }
}

#[tokio::test]
async fn keys_end_and_are_rotated() {
    let world = World::new().await;
    let make = async |body| world.post(OPERATOR, "/v1/keys", &body).await.is(201).json();
    let brief = make(json!({ "name": "brief", "expires_in_seconds": 60 })).await;
    let token = brief["token"].as_str().unwrap();
    world.get(token, "/v1/runs").await.is(200);
    world.clock.advance(Duration::from_secs(60));
    world.get(token, "/v1/runs").await.is(401);

    let old = make(json!({ "name": "worker", "scope": "write" })).await;
    let old_token = old["token"].as_str().unwrap();
    let id = old["id"].as_str().unwrap();
    let path = format!("/v1/keys/{id}/rotate");
    let new = world.post(OPERATOR, &path, &json!({ "overlap_seconds": 100 })).await.is(201).json();
    let new_token = new["token"].as_str().unwrap();
    assert_eq!((&new["name"], &new["scope"]), (&json!("worker"), &json!("write")));
    for token in [old_token, new_token] {
        world.get(token, "/v1/runs").await.is(200);
    }
    world.clock.advance(Duration::from_secs(101));
    world.get(old_token, "/v1/runs").await.is(401);
    world.get(new_token, "/v1/runs").await.is(200);

    let id = new["id"].as_str().unwrap();
    world.delete(OPERATOR, &format!("/v1/keys/{id}")).await.is(200);
    world.get(new_token, "/v1/runs").await.is(401);
    let listed = world.get(OPERATOR, "/v1/keys").await.is(200);
    assert!(listed.json()["data"][0]["last_used_at"].is_string());
    for secret in [token, old_token, new_token] {
        assert!(!listed.text().contains(secret.rsplit('_').next().unwrap()));
    }
}

#[tokio::test]
async fn quotas_hold() {
    let world = World::new().await;
    let quotas = json!({ "concurrent_runs": 2, "requests_per_minute": 10 });
    let key = world.tenant("small", "write", quotas).await;
    let first = world.post(&key, "/v1/runs", &job()).await.is(201);
    assert_eq!(first.header("x-ratelimit-limit"), "10");
    assert_eq!(first.header("ratelimit-policy"), "\"tenant\";q=10;w=60");
    world.post(&key, "/v1/runs", &job()).await.is(201);
    let refused = world.post(&key, "/v1/runs", &job()).await.is(429);
    assert_eq!(refused.header("retry-after"), "60");
    let run = first.json()["id"].clone();
    world.post(&key, &format!("/v1/runs/{run}/cancel"), &json!({})).await.is(200);
    world.post(&key, "/v1/runs", &job()).await.is(201);
    for _ in 0..5 {
        world.get(&key, "/v1/runs").await.is(200);
    }
    let refused = world.get(&key, "/v1/runs").await.is(429);
    assert_eq!(refused.header("retry-after"), "6");
    world.clock.advance(Duration::from_secs(6));
    world.get(&key, "/v1/runs").await.is(200);

    let key = world.tenant("paged", "write", json!({ "pages_per_day": 5 })).await;
    let run = world.post(&key, "/v1/runs", &job()).await.is(201).json()["id"].clone();
    let detail = world.get(&key, &format!("/v1/runs/{run}")).await.is(200).json();
    assert_eq!(detail["job"]["limits"]["pages"], 5);
}
