//! Bad use: a message that says what to do, and exit code 2.

use crate::common::Call;
use std::path::Path;
use tempfile::TempDir;

/// A folder in which each command is run, so that nothing is left elsewhere.
fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

async fn crawl(folder: &Path, args: &[&str], words: &[&str]) {
    let data = folder.join("data");
    let call = Call::of(["crawl"]).with(args).with(["--data".as_ref(), data.as_os_str()]);
    call.end().await.says(2, words);
    assert!(!data.exists(), "nothing is begun: {args:?}");
}

#[tokio::test]
async fn flags_that_mean_nothing() {
    let folder = folder();
    let site = "http://127.0.0.2/";
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["no seed", "harvestman crawl https://example.com/"]),
        (&["not a url"], &["seeds.urls[0]", "not a url"]),
        (&["ftp://a.example/"], &["seeds.urls[0]", "http"]),
        (&["http://"], &["seeds.urls[0]"]),
        (&[site, "http://[::1/"], &["seeds.urls[1]"]),
        (&["--sitemap", "/sitemap.xml"], &["seeds.sitemaps[0]"]),
        (&["--seeds-file", "/no/such/seeds.txt"], &["seeds.file", "/no/such/seeds.txt", "No such file"]),
        (&[site, "--field", "title=h1["], &["title", "h1["]),
        (&[site, "--field", "title=h1 > > p"], &["title"]),
        (&[site, "--field", "title=h1", "--each", "::::"], &["each"]),
        (&[site, "--field", "title"], &["--field `title`", "NAME=CSS"]),
        (&[site, "--field", "a:money=b"], &["money", "string, integer, number"]),
        (&[site, "--field", "_a=b"], &["_a"]),
        (&[site, "--out", "records.xlsx"], &["records.xlsx", ".jsonl, .csv or .parquet"]),
        (&[site, "--out", "records"], &["records", ".jsonl, .csv or .parquet"]),
        (&[site, "--include", "("], &["scope.include[0]"]),
        (&[site, "--exclude", "a{99999999}"], &["scope.exclude[0]"]),
        (&[site, "--header", "Accept"], &["--header `Accept`", "Name: value"]),
        (&[site, "--header", "Host: a.example"], &["request.headers"]),
        (&[site, "--header", "X-A: b\nX-C: d"], &["request.headers"]),
        (&[site, "--cookie", "session"], &["--cookie `session`", "name=value"]),
        (&[site, "--basic-auth", "me"], &["--basic-auth", "user:password"]),
        (&[site, "--delay", "soon"], &["--delay", "500ms", "auto"]),
        (&[site, "--delay", "48h"], &["politeness.delay", "24h"]),
        (&[site, "--lanes", "1000"], &["politeness.lanes", "1 to 64"]),
        (&[site, "--concurrency", "0"], &["politeness.concurrency", "1 to 256"]),
        (&[site, "--user-agent", "\u{7}"], &["politeness.user_agent"]),
        (&[site, "--within", "galaxy"], &["host, site, prefix, path or any"]),
        (&[site, "--max-time", "1 fortnight"], &["--max-time", "500ms"]),
        (&[site, "--max-bytes", "lots"], &["--max-bytes", "10MiB"]),
        (&[site, "--max-pages", "many"], &["--max-pages"]),
        (&[site, "--give-up", "never"], &["--give-up"]),
        (&[site, "--allow", "10.0.0.0/99"], &["--allow", "10.0.0.0/99"]),
        (&[site, "--max-page", "1"], &["--max-pages"]),
    ];
    for (args, words) in cases {
        crawl(folder.path(), args, words).await;
    }
}

#[tokio::test]
async fn job_files_that_are_none() {
    let folder = folder();
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "key.yaml",
            "version: 1\nseeds: { urls: [http://a.example/] }\nlimits: { pagess: 1 }",
            &["limits", "unknown field `pagess`", "Did you mean `pages`?"],
        ),
        ("top.yaml", "version: 1\nseed: http://a.example/", &["`seed`", "Did you mean `seeds`?"]),
        (
            "field.yaml",
            "version: 1\nseeds: { urls: [http://a.example/] }\nextract: { fields: { a: { csss: b } } }",
            &["extract.fields.a", "Did you mean `css`?"],
        ),
        (
            "type.json",
            r#"{"version":1,"seeds":{"urls":["http://a.example/"]},"limits":{"pages":"many"}}"#,
            &["limits.pages"],
        ),
        ("version.yaml", "version: 99\nseeds: { urls: [http://a.example/] }", &["version", "99"]),
        ("empty.yaml", "", &["`seeds`"]),
        ("cut.json", r#"{"version":1,"seeds":"#, &["EOF"]),
        ("list.yaml", "- a\n- b\n", &["expected keys and their values"]),
        ("deep.json", &deep(), &["recursion"]),
        ("bomb.yaml", &bomb(), &["repetition"]),
        (
            "selector.yaml",
            "version: 1\nseeds: { urls: [http://a.example/] }\nextract: { fields: { a: \"b[\" } }",
            &["extract.fields.a"],
        ),
    ];
    for (name, text, words) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        crawl(folder.path(), &["--job", path], words).await;
        Call::of(["job", "check", path]).end().await.says(2, words);
    }
    let bytes = folder.path().join("bytes.yaml");
    std::fs::write(&bytes, [0xff, 0xfe, 0, 1]).unwrap();
    for (path, words) in [
        (bytes.to_str().unwrap(), ["bytes.yaml", "UTF-8"]),
        (folder.path().join("missing.yaml").to_str().unwrap(), ["missing.yaml", "No such file"]),
        (folder.path().to_str().unwrap(), ["cannot read the job", "directory"]),
    ] {
        crawl(folder.path(), &["--job", path], &words).await;
    }
}

/// JSON of more levels than a stack has room for.
fn deep() -> String {
    format!(r#"{{"version":1,"extract":{{"fields":{{"a":{{"default":{}"#, "[".repeat(1_000_000))
}

/// A few lines of YAML that stand for billions ("billion laughs").
fn bomb() -> String {
    let mut text =
        "version: 1\nextract: { fields: { a: { default: [\n&a0 [x, x, x, x, x, x, x, x, x, x]".to_owned();
    for i in 1..12 {
        let line = vec![format!("*a{}", i - 1); 10].join(", ");
        text.push_str(&format!(",\n&a{i} [{line}]"));
    }
    text + "\n] } } }\nseeds: { urls: [http://a.example/] }\n"
}
