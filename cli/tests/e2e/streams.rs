//! Live progress over sockets: many who follow one run, one who comes back.

use crate::common::World;
use crate::common::serving::{address, job, serve};
use crate::common::world::clean;
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Follows a run to its end: the events, each with its id.
async fn follow(api: &str, run: &Value, last: Option<&str>) -> Vec<(String, Value)> {
    let mut stream = TcpStream::connect(api).await.unwrap();
    let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
    let head =
        format!("GET /v1/runs/{run}/events HTTP/1.1\r\nHost: {api}\r\n{last}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("content-type: text/event-stream"), "{text}");
    assert!(text.ends_with("0\r\n\r\n"), "the stream ends as HTTP says: {text}");
    let ids = text.lines().filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned);
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    ids.zip(data.map(|line| serde_json::from_str(line).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_follow_a_run_and_all_hear_of_its_end() {
    let world = World::of(clean(300)).await;
    let alive = serve(&world).start();
    let api = address(&alive).await;
    let mut slow = job(&world);
    slow["politeness"]["delay"] = "5ms".into();
    let run = api.post("/v1/runs", &slow).await["id"].clone();
    let clients = (0..300).map(|_| {
        let (api, run) = (api.0.clone(), run.clone());
        tokio::spawn(async move { follow(&api, &run, None).await })
    });
    let clients: Vec<_> = clients.collect();
    let mut last = String::new();
    for client in clients {
        let events = client.await.unwrap();
        let closed: Vec<u64> =
            events.iter().map(|(_, event)| event["counts"]["closed"].as_u64().unwrap()).collect();
        assert!(closed.is_sorted(), "{closed:?}");
        let mut ids: Vec<&String> = events.iter().map(|(id, _)| id).collect();
        ids.dedup();
        assert_eq!(ids.len(), events.len(), "nothing is told twice");
        let (id, end) = events.last().unwrap();
        assert_eq!((&end["state"], &end["counts"]["pages"]), (&"done".into(), &300.into()));
        assert!(events[..events.len() - 1].iter().all(|(_, event)| event["state"] != "done"));
        last.clone_from(id);
    }
    // Whoever knows the end hears nothing, and is not kept waiting.
    assert_eq!(follow(&api.0, &run, Some(&last)).await, []);
    assert_eq!(follow(&api.0, &run, Some("older")).await.len(), 1);
    alive.signal(Signal::TERM);
    alive.end().await.done();
}
