use super::*;
use shared::ids::RunId;
use shared::job::Job;
use std::sync::Arc;

fn plan(change: impl FnOnce(&mut Job)) -> Plan {
    let mut job = Job::of_seeds(["https://a.example/"]);
    change(&mut job);
    Plan::new(RunId(1), Arc::new(job)).ok().unwrap()
}

fn read_at(plan: &Plan, url: &str, content_type: Option<&str>, body: &[u8]) -> Read {
    let mut headers = http::HeaderMap::new();
    if let Some(kind) = content_type {
        headers.insert("content-type", kind.parse().unwrap());
    }
    let url = Url::parse(url).unwrap();
    let from = From { url: &url, depth: 0, hops: 0, asked_url: None };
    read(&Source { plan, asked: url.as_str(), url: &url, from, status: Some(200), headers: &headers, body })
}

fn html(plan: &Plan, body: &str) -> Read {
    read_at(plan, "https://a.example/x/y", Some("text/html; charset=utf-8"), body.as_bytes())
}

fn urls(read: &Read) -> Vec<&str> {
    read.links.admitted.iter().map(|admission| admission.url.as_str()).collect()
}

#[test]
fn a_page_gives_links_once_and_says_why_not() {
    let plan = plan(|_| {});
    let read = html(
        &plan,
        "<title> T </title><a href=/a>1</a><a href='/a'>2</a><a href='/a#f'>3</a><a href=b>4</a><a href=#g>5</a><a href=''>6</a>\
         <a href=mailto:x>7</a><a href=https://b.example/>8</a><a href='http://['>9</a><a rel=nofollow href=/n>10</a>",
    );
    assert_eq!(urls(&read), ["https://a.example/a", "https://a.example/x/b"]);
    assert_eq!(read.parsed.title.as_deref(), Some("T"));
    let mut refused = read.links.refused.0.clone();
    refused.sort();
    let mut expected: Vec<_> =
        ["scheme", "out_of_scope", "bad_url", "nofollow"].map(|r| (r.parse().unwrap(), 1)).into();
    expected.sort();
    assert_eq!(refused, expected);
}

#[test]
fn decided_links_are_not_looked_at_again() {
    let plan = plan(|_| {});
    let first = html(&plan, "<a href=/a>1</a><a href=https://b.example/>2</a>");
    assert_eq!((first.links.admitted.len(), first.links.decided.len()), (1, 2));
    let again = html(&plan, "<a href=/a>1</a>");
    assert_eq!(urls(&again), ["https://a.example/a"], "not before it is committed");
    plan.cache.remember(&first.links.decided);
    let later = html(&plan, "<a href=/a>1</a><a href=https://b.example/>2</a><a href=/c>3</a>");
    assert_eq!(urls(&later), ["https://a.example/c"]);
    assert!(later.links.refused.0.is_empty());
}

#[test]
fn what_is_too_deep_here_may_be_near_elsewhere() {
    let plan = plan(|job| job.limits.depth = 0);
    let read = html(&plan, "<a href=/a>1</a>");
    assert_eq!(read.links.refused.0, [("too_deep".parse().unwrap(), 1)]);
    assert!(read.links.decided.is_empty());
}

#[test]
fn nofollow_links_per_page_and_canonical_are_heeded() {
    let page = "<meta name=robots content=nofollow><a href=/a>1</a><a href=/b>2</a>";
    assert!(urls(&html(&plan(|_| {}), page)).is_empty());
    assert_eq!(urls(&html(&plan(|job| job.scope.nofollow = false), page)).len(), 2);
    let few = html(&plan(|job| job.limits.links_per_page = 1), "<a href=/a>1</a><a href=/b>2</a>");
    assert_eq!((urls(&few).len(), few.links.refused.0), (1, vec![("too_many_links".parse().unwrap(), 1)]));
    let heeds = plan(|job| {
        job.scope.canonical = true;
        job.extract = serde_json::from_str(r#"{"fields":{"t":"p"}}"#).unwrap();
    });
    let other = html(&heeds, "<link rel=canonical href=/main><p>x</p>");
    assert_eq!((urls(&other), other.records.len()), (vec!["https://a.example/main"], 0));
    let own = html(&heeds, "<link rel=canonical href=/x/y><p>x</p>");
    assert_eq!((urls(&own).len(), own.records.len()), (0, 1));
}

#[test]
fn only_html_has_links_and_every_page_has_its_headers() {
    let plan = plan(|job| {
        job.extract = serde_json::from_str(
            r#"{"fields":{"kind":{"page":"header:content-type"},"s":{"page":"status"}}}"#,
        )
        .unwrap();
    });
    let json = read_at(&plan, "https://a.example/j", Some("application/json"), b"<a href=/a>");
    assert!(json.links.admitted.is_empty());
    assert_eq!(json.records[0].data, r#"{"kind":"application/json","s":"200"}"#);
    let sniffed = read_at(&plan, "https://a.example/j", None, b"<!doctype html><a href=/a>");
    assert_eq!(urls(&sniffed), ["https://a.example/a"]);
}

#[test]
fn hostile_pages_end_soon_and_keep_what_was_read() {
    let plan = plan(|job| {
        job.extract = serde_json::from_str(r#"{"each":"div","fields":{"t":"p","u":"div div b"}}"#).unwrap()
    });
    let n = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let attributes: String = (0..n).map(|i| format!(" a{i}=1")).collect();
    let pages = [
        format!("<a href=/first>{}<a href=/last>", "<div>".repeat(n)),
        format!("<a href=/first>{}<a href=/last>", "<b><p><i>".repeat(n / 10)),
        format!("<a href=/first>{}<a href=/last>", "<table><a>".repeat(n / 10)),
        format!("<a href=/first><p{attributes}><a href=/last>"),
        format!("<a href=/first>{}<a href=/last>", "x".repeat(50 * n)),
        format!("<a href=/first>{}<a href=/last>", "\0".repeat(n)),
        format!("<a href=/first>{}<a href=/last>", "<!--".repeat(n)),
        format!("<a href=/first><title>{}", "<a b='".repeat(n)),
        format!("<a href=/first>{}", "&#x110000;&nosuch;<".repeat(n / 10)),
    ];
    for page in &pages {
        let begun = Instant::now();
        let read = read_at(
            &plan,
            "https://a.example/",
            Some("text/html; charset=utf-16"),
            &[b"\xef\xbb\xbf", page.as_bytes()].concat(),
        );
        assert!(urls(&read).contains(&"https://a.example/first"), "{:.60}", page);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:.60} took {:?}", page, begun.elapsed());
        if std::env::var_os("TELL_TIMES").is_some() {
            println!("{:?} {:?} {:.60}", begun.elapsed(), read.parsed.error, page);
        }
    }
}
