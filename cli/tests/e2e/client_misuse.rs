//! What cannot be done, in words that say what could be.

use crate::common::serving::Served;
use crate::common::world::clean;
use crate::common::{Call, World};

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let call = Call::of(["runs", "list", "--api", &format!("http://{free}")]);
    call.end().await.says(1, &["cannot be reached", "harvestman serve", "--api", &free.to_string()]);
    for (args, words) in [
        (&["--api", "nonsense"][..], &["--api"][..]),
        (&["--api", "ftp://a.example/"], &["--api", "http://127.0.0.1:8080"]),
        (&["--api", "http://user:secret@127.0.0.1/"], &["HARVESTMAN_API_KEY"]),
        (&["--key-file", "/no/such/key"], &["--key-file", "/no/such/key"]),
        (&["--ca", "/no/such/ca"], &["--ca", "/no/such/ca"]),
        (&["--key", "hm_a_b"], &["--key"]),
        (&["--limit", "many"], &["--limit"]),
        (&["--limit", "5", "--all"], &["--all"]),
    ] {
        let ended = Call::of(["runs", "list"]).with(args).end().await.says(2, words);
        assert!(!ended.stderr.contains("secret"), "{ended:?}");
    }
    let key = Call::of(["runs", "list"]).env("HARVESTMAN_API_KEY", "two words").end().await;
    key.says(2, &["HARVESTMAN_API_KEY", "one word"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_refuses_is_said_with_the_field() {
    let world = World::of(clean(5)).await;
    let served = Served::of(&world).await;
    let seed = world.site.origin().to_owned();
    for (args, code, words) in [
        (&["jobs", "create", &seed, "--cron", "61 * * * *"][..], 2, &["/schedule/cron"][..]),
        (&["jobs", "create", &seed, "--out", "x.csv"], 2, &["harvestman export"]),
        (&["jobs", "create", "not a url"], 2, &["seeds.urls[0]"]),
        (&["jobs", "create", &seed, "--timezone", "Europe/Berlin"], 2, &["--cron"]),
        (&["jobs", "show", "99"], 1, &["there is no job 99"]),
        (&["jobs", "pause", "99"], 1, &["there is no"]),
        (&["runs", "show", "99"], 1, &["there is no run 99"]),
        (&["runs", "show", "99", "--watch"], 1, &["there is no run 99"]),
        (&["records", "list", "99"], 1, &["there is no run 99"]),
        (&["records", "list", "1", "--cursor", "nonsense"], 1, &["there is no run"]),
        (&["runs", "list", "--cursor", "nonsense"], 2, &["query:cursor"]),
        (&["pages", "list", "99", "--status", "7"], 2, &["query:status"]),
        (&["pages", "body", "99", "1"], 1, &["there is no run 99"]),
        (&["hosts", "show", "../keys"], 1, &["there is no"]),
        (&["keys", "create", "\u{1b}[2J"], 2, &["/name"]),
        (&["keys", "revoke", "../../v1"], 1, &["there is no"]),
        (&["export", "99", "--out", "records.xlsx"], 2, &[".jsonl, .csv or .parquet"]),
        (&["export", "99", "--out", "x.csv"], 1, &["there is no run 99"]),
    ] {
        served.call(args).end().await.says(code, words);
    }
    assert!(!std::path::Path::new("x.csv").exists());
}
