use super::{bytes, cases, group, judge};
use crate::charset::{Text, decode};
use crate::html::{Bounds, parse};
use crate::walk::walk;
use crate::{jsonld, links, tree};
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

/// The page's base, and its links joined with it.
fn read(page: &Url, text: &Text<'_>) -> (Url, Vec<Url>) {
    let document = parse(&text.text, Bounds::default());
    let found = walk(&document.html);
    let base = links::base(page, &found.bases);
    let joined = found.links.iter().filter_map(|link| links::join(&base, link.href, text.encoding)).collect();
    (base, joined)
}

fn without_fragment(mut url: Url) -> String {
    url.set_fragment(None);
    url.into()
}

#[test]
fn plain_links_are_found() {
    let mut wrong = Vec::new();
    let all = cases("links.json");
    let all = all.iter().flat_map(|all| all["cases"].as_array().unwrap());
    for case in all.filter(|case| case["plain"] == true) {
        let page = Url::parse(case["page_url"].as_str().unwrap()).unwrap();
        let header = format!("text/html; charset={}", case["encoding"].as_str().unwrap());
        let bytes = bytes(&case["body"]);
        let (_, links) = read(&page, &decode(&bytes, Some(&header), None));
        let links: BTreeSet<String> = links.into_iter().map(without_fragment).collect();
        let expected = case["links"].as_array().unwrap().iter().map(|link| link["url"].as_str().unwrap());
        let expected: BTreeSet<String> =
            expected.map(|url| without_fragment(Url::parse(url).unwrap())).collect();
        if links != expected {
            wrong.push(format!("{links:?}: {case}"));
        }
    }
    judge(&wrong);
}

#[test]
fn refreshes_and_bases_are_heeded() {
    let mut wrong = Vec::new();
    for case in group("urls.json", "meta_refresh_w3lib") {
        let page = Url::parse(case["base"].as_str().unwrap()).unwrap();
        let bytes = bytes(&case["html"]);
        // What a script writes is not run, and unfinished tags are none.
        if memchr::memmem::find(&bytes, b"<script>").is_some() || !bytes.contains(&b'>') {
            continue;
        }
        let latin = std::str::from_utf8(&bytes).is_err().then_some("text/html; charset=latin1");
        let (_, links) = read(&page, &decode(&bytes, latin, None));
        let found = links.first().map(|url| url.to_string());
        let expected = case["result"][1].as_str().map(|url| Url::parse(url).unwrap().to_string());
        if found != expected {
            wrong.push(format!("{found:?}: {case}"));
        }
    }
    for case in group("urls.json", "base_href_w3lib") {
        let page = Url::parse(case["page_url"].as_str().unwrap_or("https://none.example/")).unwrap();
        let bytes = bytes(&case["html"]);
        let (base, _) = read(&page, &decode(&bytes, None, None));
        let expected = match case["result"].as_str().unwrap() {
            "" => page,
            url => Url::parse(url).unwrap(),
        };
        if base != expected {
            wrong.push(format!("{base}: {case}"));
        }
    }
    judge(&wrong);
}

#[test]
fn jsonld_is_found() {
    let mut wrong = Vec::new();
    let all = cases("jsonld.json");
    for case in all.iter().flat_map(|all| all["cases"].as_array().unwrap()) {
        let document = parse(case["html"].as_str().unwrap(), Bounds::default());
        let mut found = Vec::new();
        for script in walk(&document.html).jsonld {
            let mut text = String::new();
            tree::raw_text(script, usize::MAX, &mut text);
            found.extend(jsonld::items(&text));
        }
        if Value::Array(found.clone()) != case["expected"] {
            wrong.push(format!(
                "{}: {:.300}\n{:.300}",
                case["group"],
                Value::Array(found).to_string(),
                case["expected"].to_string()
            ));
        }
    }
    judge(&wrong);
}
