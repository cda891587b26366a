//! Dead letters over the API: whose they are, what is shown of them, and what becomes of them.

mod common;

use bytes::Bytes;
use common::{OPERATOR, World, job};
use serde_json::{Value, json};
use shared::ids::RunId;
use shared::ports::Lane;
use shared::ports::store::control::{MOST_BODY, NewLetter};

fn message(run: Option<RunId>, body: &[u8]) -> NewLetter {
    let kept = Bytes::copy_from_slice(&body[..body.len().min(MOST_BODY)]);
    NewLetter { lane: "parse".into(), reason: "unreadable".into(), run, body: kept, len: body.len() as u64 }
}

async fn run_of(world: &World, key: &str) -> RunId {
    RunId(world.post(key, "/v1/runs", &job()).await.is(201).json()["id"].as_i64().unwrap())
}

async fn ids(world: &World, key: &str, query: &str) -> Vec<i64> {
    let list = world.get(key, &format!("/v1/dead-letters{query}")).await.is(200).json();
    list["data"].as_array().unwrap().iter().map(|letter| letter["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn letters_are_seen_by_whose_runs_they_are_of() {
    let world = World::new().await;
    let (mine, theirs) =
        (world.tenant("mine", "write", json!({})).await, world.tenant("theirs", "admin", json!({})).await);
    let run = run_of(&world, &mine).await;
    for (run, body) in
        [(Some(run), &b"of mine"[..]), (None, b"of nobody"), (Some(RunId(987_654)), b"of a gone run")]
    {
        world.store.control().file(&message(run, body)).await.unwrap();
    }
    let own = ids(&world, &mine, "").await;
    assert_eq!(own.len(), 1);
    assert_eq!(ids(&world, &theirs, "").await, [0; 0]);
    let operators = ids(&world, OPERATOR, "").await;
    assert_eq!(operators.len(), 2);
    for (key, id) in
        [(&*mine, operators[0]), (&*theirs, own[0]), (OPERATOR, own[0]), (&*theirs, operators[1])]
    {
        let path = format!("/v1/dead-letters/{id}");
        world.get(key, &path).await.is(404);
        world.post(key, &format!("{path}/replay"), &json!({})).await.is(404);
        world.delete(key, &path).await.is(404);
    }
    let read = world.tenant("reader", "read", json!({})).await;
    world.post(&read, &format!("/v1/dead-letters/{}/replay", own[0]), &json!({})).await.is(403);
    world.delete(&read, &format!("/v1/dead-letters/{}", own[0])).await.is(403);
    let letter = world.get(&mine, &format!("/v1/dead-letters/{}", own[0])).await.is(200).json();
    assert_eq!((&letter["run"], &letter["about"]), (&json!(run.0), &json!("message")));
    // A cursor of one tenant's list is none of another's.
    let first = world.get(OPERATOR, "/v1/dead-letters?limit=1").await.is(200).json();
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(ids(&world, OPERATOR, &format!("?limit=1&cursor={cursor}")).await, operators[1..]);
    world.get(&mine, &format!("/v1/dead-letters?cursor={cursor}")).await.is(400);
}

#[tokio::test]
async fn a_letter_is_filtered_shown_sent_again_and_forgotten() {
    let world = World::new().await;
    let run = run_of(&world, OPERATOR).await;
    let long = vec![b'x'; MOST_BODY + 1];
    let bodies: [&[u8]; 3] = [b"{\"text\": \"<script>\"}", b"\x00\xff", &long];
    for body in bodies {
        world.store.control().file(&message(Some(run), body)).await.unwrap();
    }
    let all = ids(&world, OPERATOR, "").await;
    let show = async |id: i64| world.get(OPERATOR, &format!("/v1/dead-letters/{id}")).await.is(200).json();
    let text = show(all[0]).await;
    assert_eq!((&text["text"], &text["base64"]), (&json!("{\"text\": \"<script>\"}"), &Value::Null));
    let bytes = show(all[1]).await;
    assert_eq!(
        (&bytes["text"], &bytes["base64"], &bytes["bytes"]),
        (&Value::Null, &json!("AP8="), &json!(2))
    );
    let cut = show(all[2]).await;
    assert_eq!((cut["text"].as_str().unwrap().len(), &cut["bytes"]), (MOST_BODY, &json!(MOST_BODY + 1)));

    let replay =
        async |id: i64| world.post(OPERATOR, &format!("/v1/dead-letters/{id}/replay"), &json!({})).await;
    assert_eq!(replay(all[1]).await.is(200).json(), json!({ "lane": "parse", "run": null }));
    let sent = world.queue.consume(&Lane::Parse { urgent: false }, 1).await.unwrap().next().await.unwrap();
    assert_eq!(&sent.body[..], b"\x00\xff");
    assert!(show(all[1]).await["replayed_at"].is_string());
    assert!(replay(all[2]).await.is(409).json()["detail"].as_str().unwrap().contains("beginning"));
    let filtered = format!("?run={run}&about=message&replayed=true");
    assert_eq!(ids(&world, OPERATOR, &filtered).await, [all[1]]);
    assert_eq!(ids(&world, OPERATOR, "?replayed=false").await, [all[0], all[2]]);
    assert_eq!(ids(&world, OPERATOR, "?about=page").await, [0; 0]);
    for query in ["?about=x", "?replayed=1e3", "?run=a", "?limit=0"] {
        world.get(OPERATOR, &format!("/v1/dead-letters{query}")).await.is(400);
    }

    let path = format!("/v1/dead-letters/{}", all[0]);
    assert_eq!(world.delete(OPERATOR, &path).await.status, 204);
    world.get(OPERATOR, &path).await.is(404);
    world.delete(OPERATOR, &path).await.is(404);
}
