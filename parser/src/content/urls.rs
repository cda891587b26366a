//! The URLs and attribute values of a page, in document order, each once.

use super::rules::Rules;
use super::view::{View, absolute};
use super::{MOST, SELECTING, short};
use crate::extract::{Budget, Search, find};
use crate::json::{self, Object};
use crate::tree::attribute;
use crate::walk::has_token;
use html5ever::{LocalName, local_name};
use scraper::Html;
use scraper::node::Element;
use std::collections::HashSet;
use std::time::Instant;
use url::Url;

/// Where its links lead: http and https.
pub fn links(view: &View<'_>) -> Vec<String> {
    let hrefs = view.elements().filter_map(|(_, element)| match element.name.local {
        local_name!("a") | local_name!("area") => attribute(element, &local_name!("href")),
        _ => None,
    });
    each_once(hrefs.filter_map(|href| view.url(href)).filter(|url| url.starts_with("http")))
}

/// Its pictures: http and https.
pub fn images(view: &View<'_>) -> Vec<String> {
    let sources = view.elements().filter_map(|(_, element)| match element.name.local {
        local_name!("img") => image(view, element),
        local_name!("source") => {
            first_of_set(attribute(element, &LocalName::from("srcset"))?).and_then(|s| view.url(s))
        }
        local_name!("video") => view.url(attribute(element, &LocalName::from("poster"))?),
        _ => None,
    });
    each_once(sources.filter(|url| url.starts_with("http")))
}

/// The URL of an `img`: its `src`, or where that is a stand-in, what a script would put there.
pub fn image(view: &View<'_>, element: &Element) -> Option<String> {
    let get = |name: &str| attribute(element, &LocalName::from(name));
    let source = get("src").filter(|src| !src.trim().is_empty() && !is_data(src));
    let lazy = || get("data-src").or_else(|| get("data-original")).or_else(|| get("data-lazy-src"));
    let set = || get("srcset").or_else(|| get("data-srcset")).and_then(first_of_set);
    view.url(source.or_else(lazy).filter(|src| !is_data(src)).or_else(set)?)
}

fn is_data(url: &str) -> bool {
    url.trim_start().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// The first URL of a `srcset`.
fn first_of_set(set: &str) -> Option<&str> {
    let first = set.split_ascii_whitespace().next()?.trim_end_matches(',');
    (!first.is_empty() && !is_data(first)).then_some(first)
}

/// The page's icon: its `link rel=icon`.
pub fn icon(html: &Html, base: &Url) -> Option<String> {
    let links = html.tree.nodes().filter_map(|node| node.value().as_element());
    let mut icons = links
        .filter(|element| element.name.local == local_name!("link"))
        .filter(|element| attribute(element, &local_name!("rel")).is_some_and(|rel| has_token(rel, "icon")));
    icons.find_map(|element| absolute(base, attribute(element, &local_name!("href"))?))
}

/// A list of `{"selector", "attribute", "values"}`.
pub fn attributes(rules: &Rules, html: &Html, out: &mut String) {
    let budget = Budget::until(Instant::now() + SELECTING);
    let searches: Vec<Search<'_>> =
        rules.attributes.iter().map(|asked| Search { query: &asked.query, most: MOST }).collect();
    let found = find(html.tree.root(), None, &searches, &budget);
    out.push('[');
    for (n, (asked, nodes)) in rules.attributes.iter().zip(found).enumerate() {
        if n > 0 {
            out.push(',');
        }
        let mut object = Object::open(out);
        json::string(&asked.css, object.key("selector"));
        json::string(&asked.name, object.key("attribute"));
        let values = object.key("values");
        values.push('[');
        let mut first = true;
        for value in nodes.iter().filter_map(|node| attribute(node.value().as_element()?, &asked.local)) {
            if !std::mem::take(&mut first) {
                values.push(',');
            }
            json::string(short(value), values);
        }
        values.push(']');
        object.close();
    }
    out.push(']');
}

fn each_once(urls: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    urls.filter(|url| seen.insert(url.clone())).take(MOST).collect()
}
