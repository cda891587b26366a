//! The pages for a browser: what they are sent with, and that nothing of them is missing.

mod common;

use common::World;
use shared::outcome::Reason;
use std::collections::BTreeSet;

/// Addresses in a text that begin with `/assets/`, and what its scripts import.
fn loads(text: &str) -> BTreeSet<String> {
    let quoted = text.split(['"', '\'']);
    quoted
        .filter_map(|part| match part.strip_prefix("./") {
            Some(name) if name.ends_with(".js") => Some(format!("/assets/{name}")),
            _ => part.starts_with("/assets/").then(|| part.to_owned()),
        })
        .collect()
}

#[tokio::test]
async fn every_file_of_the_console_is_there_and_may_run_nothing_of_strangers() {
    let world = World::new().await;
    let mut left: Vec<String> = vec!["/".into(), "/docs".into()];
    let mut seen = BTreeSet::new();
    while let Some(path) = left.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = world.get("", &path).await.is(200);
        let policy = answer.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-src blob:;"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let kind = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(answer.header("content-type"), kind, "{path}");
        let text = String::from_utf8(answer.bytes.clone()).unwrap();
        // The policy forbids scripts and styles inside of pages; they would be dead.
        let is_plain = !text.contains("<script>") && !text.contains("<style") && !text.contains(" style=\"");
        assert!(is_plain, "{path}");
        left.extend(loads(&text));
    }
    assert!(seen.len() > 25, "{seen:?}");
}

#[tokio::test]
async fn what_is_not_a_file_of_the_console_is_not_found() {
    let world = World::new().await;
    for path in [
        "/assets/",
        "/assets/x.js",
        "/assets/app.js.map",
        "/assets/..%2fmod.rs",
        "/assets/../lib.rs",
        "/index.html",
        "/docs/x",
    ] {
        world.get("", path).await.is(404);
    }
}

#[tokio::test]
async fn scripts_make_no_element_from_text() {
    let world = World::new().await;
    let app = String::from_utf8(world.get("", "/assets/app.js").await.is(200).bytes).unwrap();
    let mut left: Vec<String> = loads(&app).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(path) = left.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let text = String::from_utf8(world.get("", &path).await.is(200).bytes).unwrap();
        for risky in [
            "innerHTML =",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "setHTMLUnsafe",
        ] {
            assert!(!text.contains(risky), "{path}: {risky}");
        }
        left.extend(loads(&text));
    }
}

#[tokio::test]
async fn every_reason_that_is_explained_is_one() {
    let world = World::new().await;
    let text = String::from_utf8(world.get("", "/assets/reasons.js").await.is(200).bytes).unwrap();
    let names: Vec<&str> =
        text.lines().filter_map(|line| Some(line.strip_prefix("  ")?.split_once(": '")?.0)).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        assert!(name.parse::<Reason>().is_ok(), "{name}");
    }
}
