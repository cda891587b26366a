//! The client against a server: what people do with jobs, runs and what came of them.

use crate::common::server::{answer, serve};
use crate::common::serving::{KEY, Served, job};
use crate::common::world::clean;
use crate::common::{Call, World, records};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::Path;

fn file(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_kept_run_watched_read_and_exported() {
    let world = World::of(clean(60)).await;
    let served = Served::of(&world).await;
    let document = file(&world.write("job.json", &world.job()));
    let cron = ["--cron", "0 4 * * 1", "--timezone", "Europe/Berlin", "--jitter", "5m", "--skip-missed"];
    let said = served.call(["jobs", "create", "--job", &document]).with(cron).end().await.done().stdout;
    assert!(said.starts_with("job 1 is kept"), "{said}");
    let table = served.says(&["jobs", "list"]).await;
    assert!(table.starts_with("ID  NAME") && table.contains("0 4 * * 1"), "{table}");
    served.says(&["jobs", "pause", "1"]).await;
    served.call(["jobs", "replace", "1", "--job", &document, "--max-pages", "50"]).end().await.done();
    let kept = served.value(&["jobs", "show", "1"]).await;
    assert_eq!((&kept["version"], &kept["job"]["limits"]["pages"]), (&json!(3), &json!(50)), "{kept}");
    let schedule = &kept["schedule"];
    assert_eq!((&schedule["jitter_seconds"], &schedule["missed"]), (&json!(300), &json!("skip")));
    assert_eq!((&schedule["timezone"], &schedule["paused"]), (&json!("Europe/Berlin"), &json!(true)));
    served.says(&["jobs", "resume", "1"]).await;
    assert!(served.says(&["jobs", "show", "1"]).await.contains("schedule.paused"));
    served.call(["jobs", "replace", "1", "--job", &document, "--no-schedule"]).end().await.done();
    assert_eq!(served.value(&["jobs", "show", "1"]).await["schedule"], Value::Null);

    let watched = served.call(["jobs", "run", "1", "--watch"]).end().await.says(0, &["run 1 has begun"]);
    assert!(watched.stdout.starts_with("run 1: done in"), "{watched:?}");
    let events = served.rows(&["runs", "show", "1", "--watch"]).await;
    assert_eq!(events.last().unwrap()["counts"]["pages"], 60, "{events:?}");
    let listed = served.rows(&["runs", "list", "--job-id", "1"]).await;
    assert_eq!((listed.len(), &listed[0]["state"]), (1, &json!("done")));
    assert!(served.rows(&["runs", "list", "--unfinished"]).await.is_empty());

    let some = served.call(["records", "list", "1", "--limit", "5"]).end().await.says(0, &["--cursor"]);
    assert_eq!(some.stdout.lines().count(), 6, "{some:?}");
    let all = served.rows(&["records", "list", "1", "--all"]).await;
    assert_eq!(all.len(), 59);
    for (name, read) in [
        ("out.jsonl", records::jsonl as fn(&Path) -> Vec<records::Record>),
        ("out.csv", records::csv),
        ("out.parquet", records::parquet),
    ] {
        let out = world.path(name);
        served.call(["export", "1", "--out", &file(&out)]).end().await.says(0, &["bytes"]);
        assert_eq!(read(&out).len(), 59, "{name}");
    }
    let piped = served.says(&["export", "1", "--format", "jsonl"]).await;
    assert_eq!(piped, std::fs::read_to_string(world.path("out.jsonl")).unwrap());
    // The file in the archive once ended before the record of the run's last page.
    let kept = world.path("kept.jsonl");
    served.call(["export", "1", "--to-store", "--out", &file(&kept)]).end().await.says(0, &["bytes"]);
    assert_eq!(piped, std::fs::read_to_string(kept).unwrap());
    let left: Vec<_> =
        std::fs::read_dir(world.path("")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_str().unwrap().ends_with(".part")), "{left:?}");

    served.call(["runs", "start", "--job", &document, "--watch"]).end().await.done();
    let compared = served.value(&["runs", "compare", "2", "--base", "1"]).await;
    assert_eq!((&compared["same"], &compared["gone"]), (&json!(60), &json!(0)), "{compared}");
    assert_eq!(served.rows(&["runs", "compare", "2", "--base", "1", "--list", "same"]).await.len(), 60);
    served.says(&["jobs", "delete", "1"]).await;
    served.call(["jobs", "show", "1"]).end().await.says(1, &["there is no job 1"]);
    served.alive.signal(Signal::TERM);
    served.alive.end().await.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_listed_and_their_bytes_are_those_of_the_site() {
    let world = World::of(clean(20)).await;
    let served = Served::of(&world).await;
    let document = file(&world.write("job.json", &world.job()));
    served.call(["runs", "start", "--job", &document, "--watch"]).end().await.done();
    let pages = served.rows(&["pages", "list", "1", "--outcome", "fetched", "--all"]).await;
    let page = pages.iter().find(|page| page["kind"] == "page").unwrap();
    let seq = page["seq"].to_string();
    let url = page["url"].as_str().unwrap();
    let shown = served.says(&["pages", "show", "1", &seq]).await;
    assert!(shown.contains(url) && shown.contains("has_body"), "{shown}");
    let prefixed = served.rows(&["pages", "list", "1", "--url-prefix", url, "--status", "200"]).await;
    assert!(prefixed.iter().any(|row| row["url"] == url), "{prefixed:?}");

    let (body, warc) = (world.path("body.bin"), world.path("page.warc.gz"));
    served.call(["pages", "body", "1", &seq, "--out", &file(&body)]).end().await.says(0, &["bytes"]);
    let body = std::fs::read_to_string(body).unwrap();
    assert!(body.contains("</html>"), "{body}");
    assert_eq!(served.says(&["pages", "body", "1", &seq]).await, body);
    served.call(["pages", "warc", "1", &seq, "--out", &file(&warc)]).end().await.done();
    let warc = std::fs::read(warc).unwrap();
    assert_eq!(warc[..2], [0x1f, 0x8b], "one gzip member");

    let hosts = served.rows(&["hosts", "list", "--run", "1"]).await;
    let id = hosts[0]["id"].as_str().unwrap();
    assert!(world.site.origin().starts_with(hosts[0]["origin"].as_str().unwrap()));
    assert!(served.says(&["hosts", "show", id]).await.contains("robots.txt:"));
    let over = served.call(["hosts", "hold", id]).end().await.says(1, &["unfinished run"]);
    assert!(over.stdout.is_empty());
    let none = served.call(["dead-letters", "list"]).end().await.says(0, &["there are none"]);
    assert!(none.stdout.is_empty());
    served.call(["dead-letters", "show", "1"]).end().await.says(1, &["there is no dead letter 1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_when_nobody_watches_and_ends_when_it_is_cancelled() {
    let world = World::of(clean(300)).await;
    let served = Served::of(&world).await;
    let mut slow = job(&world);
    slow["politeness"]["delay"] = json!("1h");
    let document = world.path("slow.json");
    std::fs::write(&document, slow.to_string()).unwrap();
    let start = ["runs", "start", "--job", &file(&document), "--watch", "--json"];
    let watched = served.call(start).start();
    watched.until_it_prints("\"running\"").await;
    watched.signal(Signal::INT);
    watched.end().await.says(130, &["run 1 goes on"]);
    assert!(served.says(&["runs", "pause", "1"]).await.contains("paused"));
    assert!(served.says(&["runs", "resume", "1"]).await.contains("run 1: "));
    let host = served.rows(&["hosts", "list"]).await[0]["id"].as_str().unwrap().to_owned();
    assert!(served.says(&["hosts", "hold", &host]).await.contains("held for 1 run"));
    assert_eq!(served.value(&["hosts", "show", &host]).await["held"], 1);
    assert!(served.says(&["hosts", "release", &host, "--run", "1"]).await.contains("released"));

    let watched = served.call(["runs", "show", "1", "--watch", "--json"]).start();
    watched.until_it_prints("\"running\"").await;
    assert!(served.says(&["runs", "cancel", "1"]).await.contains("cancelled"));
    let ended = watched.end().await.says(1, &[]);
    assert!(ended.stdout.lines().last().unwrap().contains("\"cancelled\""), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_of_pages_does_nothing_to_a_terminal() {
    const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}gpj\u{200b}";
    let page = format!("<title>{HOSTILE}</title><h1>{HOSTILE}</h1>");
    let site = serve("127.0.0.2", move |target| match target {
        "/" => answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", &page),
        _ => answer("404 Not Found", "", ""),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let alive = Call::of(["serve", "--listen", "127.0.0.1:0", "--allow", &site.to_string()])
        .with(["--data".as_ref(), data.as_os_str()])
        .env("HARVESTMAN_API_KEY", KEY)
        .start();
    let url = format!("http://{}", crate::common::serving::address(&alive).await.0);
    let served = Served { alive, url };
    let start = ["runs", "start", &format!("http://{site}/"), "--field", "a=h1", "--watch"];
    served.call(start).end().await.done();
    let seq = served.rows(&["pages", "list", "1", "--status", "200"]).await[0]["seq"].to_string();
    for args in [
        &["records", "list", "1"][..],
        &["records", "list", "1", "--json"],
        &["pages", "list", "1"],
        &["pages", "show", "1", &seq],
        &["pages", "show", "1", &seq, "--json"],
        &["runs", "list"],
    ] {
        let said = served.says(args).await;
        let acts = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}".contains(c));
        assert!(!said.chars().any(acts), "{args:?}: {said:?}");
    }
    let record = &served.rows(&["records", "list", "1"]).await[0]["fields"]["a"];
    assert!(record.as_str().unwrap().contains("\u{1b}]0;owned"), "machines read what was there: {record}");
}
