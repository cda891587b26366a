//! Credentials in jobs are kept and used, and not shown.

mod common;

use common::{OPERATOR, World, job};
use serde_json::{Value, json};
use shared::ids::{JobId, RunId, TenantId};

fn secretive() -> Value {
    let mut job = job();
    job["request"] = json!({
        "headers": { "Authorization": "Bearer s3cret-1", "X-Api-Key": "s3cret-2", "Accept-Language": "de" },
        "cookies": { "session": "s3cret-3" },
        "basic_auth": { "user": "me", "password": "s3cret-4" },
    });
    job
}

#[tokio::test]
async fn secrets_are_not_read_back_and_stay_where_the_mark_is_written() {
    let world = World::new().await;
    let made = world.post(OPERATOR, "/v1/jobs", &json!({ "job": secretive() })).await.is(201);
    let id = made.json()["id"].as_i64().unwrap();
    let path = format!("/v1/jobs/{id}");
    let run = world.post(OPERATOR, &format!("{path}/runs"), &json!({})).await.is(201).json()["id"]
        .as_i64()
        .unwrap();
    let read = world.get(OPERATOR, &path).await.is(200);
    let of_run = world.get(OPERATOR, &format!("/v1/runs/{run}")).await.is(200);
    for answer in [&made, &read, &of_run] {
        assert!(!answer.text().contains("s3cret"), "{}", answer.text());
        let request = &answer.json()["job"]["request"];
        assert_eq!(request["headers"]["Authorization"], "[redacted]");
        assert_eq!(
            (&request["headers"]["Accept-Language"], &request["basic_auth"]["user"]),
            (&json!("de"), &json!("me"))
        );
    }
    // The run has what it needs.
    let kept = world.store.run(RunId(run)).await.unwrap().job;
    assert_eq!(kept.request.headers["Authorization"], "Bearer s3cret-1");

    let mut changed = read.json()["job"].clone();
    changed["name"] = json!("renamed");
    changed["request"]["headers"]["X-Api-Key"] = json!("s3cret-5");
    changed["request"]["cookies"] = json!({});
    let put = world.put(OPERATOR, &path, &json!({ "job": changed })).await.is(200);
    assert!(!put.text().contains("s3cret"));
    let kept = world.store.control().job(TenantId::FIRST, JobId(id)).await.unwrap().job;
    let request = &kept.request;
    assert_eq!(
        (&*request.headers["Authorization"], &*request.headers["X-Api-Key"]),
        ("Bearer s3cret-1", "s3cret-5")
    );
    assert!(request.cookies.is_empty());
    assert_eq!(request.basic_auth.as_ref().unwrap().password, "s3cret-4");
}

#[tokio::test]
async fn a_mark_in_whose_place_nothing_is_kept_is_refused() {
    let world = World::new().await;
    let id =
        world.post(OPERATOR, "/v1/jobs", &json!({ "job": secretive() })).await.is(201).json()["id"].clone();
    let path = format!("/v1/jobs/{id}");
    let mark = "[redacted]";
    for (request, pointer) in [
        (json!({ "headers": { "X-Other": mark } }), "/job/request/headers/X-Other"),
        (json!({ "cookies": { "other": mark } }), "/job/request/cookies/other"),
        // Whoever changes the name does not take the password along.
        (json!({ "basic_auth": { "user": "you", "password": mark } }), "/job/request/basic_auth/password"),
    ] {
        let mut job = job();
        job["request"] = request;
        let body = json!({ "job": job });
        assert_eq!(world.put(OPERATOR, &path, &body).await.is(422).pointers(), [pointer]);
        assert_eq!(world.post(OPERATOR, "/v1/jobs", &body).await.is(422).pointers(), [pointer]);
        let pointer = pointer.trim_start_matches("/job");
        assert_eq!(world.post(OPERATOR, "/v1/runs", &job).await.is(422).pointers(), [pointer]);
    }
}
