//! The WHATWG's URL expectations, and ours on every URL in them.

mod facts;

use serde_json::Value;
use shared::frontier::Canonical;
use shared::frontier::canonical::join;
use shared::job::Scope;
use url::Url;

/// Host labels in a Punycode that decodes to nothing. The standard lets them through since 2025, the
/// `url` crate does not; no registry can hold such a name.
const NO_NAME: &str = "xn--pokxncvks";

/// What a link means on a page, or a URL alone: fetchable or nothing.
fn read(case: &Value) -> Option<Url> {
    let input = case["input"].as_str()?;
    match case["base"].as_str() {
        Some(base) => join(&Url::parse(base).ok()?, input),
        None => Url::parse(input).ok().filter(|url| matches!(url.scheme(), "http" | "https")),
    }
}

#[test]
fn urls_are_read_as_the_standard_says() {
    let Some(facts) = facts::read("urls.json") else { return };
    let mut wrong = Vec::new();
    let cases = facts["whatwg_parse"].as_array().expect("cases");
    for case in cases {
        let is_http = |href: &&str| href.starts_with("http://") || href.starts_with("https://");
        let expected = case["href"].as_str().filter(is_http);
        let found = read(case);
        if found.as_ref().map(Url::as_str) != expected && !expected.is_some_and(|href| href.contains(NO_NAME))
        {
            wrong.push(format!("{case}\n  -> {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn links_are_joined_as_crawler_commons_does() {
    let Some(facts) = facts::read("urls.json") else { return };
    for case in facts["resolve_crawler_commons"].as_array().expect("cases") {
        let expected = case["result"].as_str().and_then(|url| Url::parse(url).ok());
        let Some(expected) = expected.filter(|url| url.scheme().starts_with("http")) else { continue };
        let Ok(base) = Url::parse(case["base"].as_str().unwrap_or_default()) else { continue };
        assert_eq!(join(&base, case["input"].as_str().expect("an input")), Some(expected), "{case}");
    }
}

/// All strings of a document that are http or https URLs.
fn urls(value: &Value, found: &mut Vec<Url>) {
    match value {
        Value::String(text) => {
            found.extend(Url::parse(text).ok().filter(|url| url.scheme().starts_with("http")))
        }
        Value::Array(items) => items.iter().for_each(|item| urls(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| urls(item, found)),
        _ => {}
    }
}

#[test]
fn canonical_urls_stay_as_they_are() {
    let canonical = Canonical::of(&Scope::default());
    let mut found = Vec::new();
    for name in ["urls.json", "robots.json", "links.json", "sitemaps.json"] {
        if let Some(facts) = facts::read(name) {
            urls(&facts, &mut found);
        }
    }
    println!("{} URLs", found.len());
    for url in found {
        let once = canonical.url(url.clone());
        assert_eq!(canonical.url(once.clone()), once, "twice: {url}");
        assert_eq!(Url::parse(once.as_str()).as_ref(), Ok(&once), "parsed again: {url}");
    }
}
