//! What needs no server: job files, the schema, looks at URLs and pages, completions.

use crate::common::Call;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[tokio::test]
async fn every_example_is_a_job() {
    let mut examples = 0;
    for entry in std::fs::read_dir(checkout().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let ended = Call::of(["job".as_ref(), "check".as_ref(), path.as_os_str()]).end().await.done();
        assert!(ended.stdout.ends_with(": fine\n"), "{ended:?}");
        examples += 1;
    }
    assert!(examples >= 3);
}

#[tokio::test]
async fn the_schema_is_the_committed_one() {
    let ended = Call::of(["schema"]).end().await.done();
    assert!(ended.stdout == std::fs::read_to_string(checkout().join("docs/job.schema.json")).unwrap());
}

#[tokio::test]
async fn a_new_job_reads_back_as_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("job.yaml");
    let flags = [
        "job",
        "new",
        "https://a.example/shop/",
        "https://b.example/?q=1#x",
        "--sitemap",
        "https://a.example/s.xml",
        "--field",
        "title=h1",
        "--field",
        "price:number=.price",
        "--field",
        "link:url=a.buy@href",
        "--each",
        "li.item",
        "--out",
        "a.parquet",
        "--out",
        "-",
        "--within",
        "prefix",
        "--include",
        "/shop/[0-9]+",
        "--exclude",
        "[?&]sort=",
        "--no-sitemaps",
        "--max-pages",
        "5",
        "--max-depth",
        "3",
        "--max-time",
        "1h 30m",
        "--max-bytes",
        "2GiB",
        "--delay",
        "500ms",
        "--concurrency",
        "2",
        "--lanes",
        "3",
        "--ignore-robots",
        "--user-agent",
        "TestBot/1.0",
        "--contact",
        "me@a.example",
        "-H",
        "Accept-Language: de, en;q=0.5",
        "--cookie",
        "a=b",
        "--basic-auth",
        "me:a:b \"c\"",
    ];
    let first = Call::of(flags).end().await.done();
    std::fs::write(&file, &first.stdout).unwrap();
    let again =
        Call::of(["job".as_ref(), "new".as_ref(), "--job".as_ref(), file.as_os_str()]).end().await.done();
    assert_eq!(again.stdout, first.stdout);
    Call::of(["job".as_ref(), "check".as_ref(), file.as_os_str()]).end().await.done();

    let job = serde_json::to_value(shared::job::load(&file).unwrap()).unwrap();
    assert_eq!(job["seeds"]["urls"], json!(["https://a.example/shop/", "https://b.example/?q=1#x"]));
    assert_eq!(job["extract"]["fields"]["link"]["get"], "@href");
    assert_eq!((&job["limits"]["pages"], &job["limits"]["depth"]), (&json!(5), &json!(3)));
    assert_eq!(job["request"]["basic_auth"], json!({ "user": "me", "password": "a:b \"c\"" }));
    assert_eq!(job["politeness"]["robots"], "ignore");
}

async fn inspect(args: &[&str], input: &str) -> Value {
    let ended = Call::of(["inspect"]).with(args).input(input).end().await.done();
    serde_json::from_str(&ended.stdout).unwrap()
}

#[tokio::test]
async fn looks_at_urls_and_robots_files() {
    let url = inspect(&["url", "HTTP://Example.com:80/a/../b?utm_source=x&q=1#top"], "").await;
    assert_eq!(url["canonical"], "http://example.com/b?q=1");
    assert_eq!(url["origin"], "http://example.com");
    let url = inspect(&["url", "../c", "--base", "https://example.com/a/b/"], "").await;
    assert_eq!(url["canonical"], "https://example.com/a/c");

    let robots = "User-agent: *\nDisallow: /private\nCrawl-delay: 1.5\nSitemap: /map.xml\n";
    let asked = ["https://example.com/private/a", "https://example.com/public"];
    let answer = inspect(&["robots", "-", asked[0], asked[1]], robots).await;
    assert_eq!((&answer["allowed"][asked[0]], &answer["allowed"][asked[1]]), (&json!(false), &json!(true)));
    assert_eq!(answer["crawl_delay_seconds"], 1.5);
    assert_eq!(answer["sitemaps"], json!(["https://example.com/map.xml"]));
}

#[tokio::test]
async fn looks_at_a_page() {
    let page = "<title>A page</title><base href=/in/><h1>Hé</h1><p class=price>€ 1,299.50</p><a href=x>x</a>";
    let fields = ["--field", "name=h1", "--field", "price:number=.price"];
    let args = [&["page", "-", "--url", "https://example.com/"][..], &fields].concat();
    let answer = inspect(&args, page).await;
    let text = answer.to_string();
    for part in ["A page", "https://example.com/in/x", "1299.5", "Hé", "UTF-8"] {
        assert!(text.contains(part), "`{part}` is not in {answer:#}");
    }
}

#[tokio::test]
async fn completions_are_there_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = Call::of(["completions", shell]).end().await.done();
        assert!(ended.stdout.contains("harvestman") && ended.stdout.contains("max-pages"), "{shell}");
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_reason_to_panic() {
    // The schema is longer than a pipe's buffer or `head` reads of it.
    let binary = env!("CARGO_BIN_EXE_harvestman");
    for args in ["schema", "completions zsh", "--help"] {
        let script = format!("'{binary}' {args} | :");
        let output = tokio::process::Command::new("sh").args(["-c", &script]).output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args}");
    }
}
