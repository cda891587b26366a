//! What a page costs, beside what `scraper` alone would: `cargo test --release -p harvestman-parser
//! -- --ignored --nocapture cost`.

use crate::extract::{Budget, Facts, Rules, records};
use crate::page::{Source, items, read};
use crate::plan::Plan;
use crate::walk::walk;
use crate::{html, meta};
use scraper::{Html, Selector};
use shared::frontier::From;
use shared::ids::RunId;
use shared::job::Job;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

const FIELDS: [(&str, &str); 8] = [
    ("name", "h1"),
    ("price", ".price_color"),
    ("stock", "p.availability"),
    ("rating", "#rating"),
    ("upc", "table.specs tr:nth-child(1) td"),
    ("description", "#description + p"),
    ("image", "div.gallery img@src"),
    ("category", "ul.breadcrumb li:nth-child(3) a"),
];

/// A product page of about 30 KB with 51 links.
fn product(n: usize) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Product {n} | Shop</title>\
         <meta name=\"description\" content=\"The product number {n}\"><meta property=\"og:title\" content=\"Product {n}\">\
         <link rel=\"canonical\" href=\"/product/{n}\"><script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\
         \"@type\":\"Product\",\"name\":\"Product {n}\",\"offers\":{{\"@type\":\"Offer\",\"price\":\"{n}.50\",\"priceCurrency\":\"EUR\"}}}}</script>\
         </head><body><ul class=\"breadcrumb\"><li><a href=\"/\">Home</a></li><li><a href=\"/shop\">Shop</a></li><li><a href=\"/c/{c}\">Category {c}</a></li></ul>\
         <h1>Product {n}</h1><div class=\"gallery\"><img src=\"/img/{n}.jpg\"></div><p class=\"price_color\">£{n}.50</p>\
         <p class=\"instock availability\">In stock ({n} available)</p><p id=\"rating\" class=\"star Three\">3</p>",
        c = n % 20
    );
    for menu in 0..24 {
        let _ =
            write!(page, "<li class=\"menu\"><a class=\"entry\" href=\"/c/{menu}\">Category {menu}</a></li>");
    }
    page.push_str(
        "<div id=\"description\"><h2>Description</h2></div><p>About it.</p><table class=\"specs\">",
    );
    for row in 0..20 {
        let _ = write!(
            page,
            "<tr class=\"row\"><th>Property {row}</th><td class=\"value\">Value {row} of {n}</td></tr>"
        );
    }
    page.push_str("</table>");
    for other in 0..24 {
        let to = (n + other * 7) % 5_000;
        let _ = write!(
            page,
            "<div class=\"card\"><a href=\"/product/{to}\" title=\"Product {to}\">Product {to}</a><p class=\"blurb\">Some words that \
             tell of product {to}, which is <em>rather</em> good &amp; not dear; people like it for what it is, and for what it is not, \
             and come back for more of the same kind.</p><span class=\"tag\">tag {other}</span></div>"
        );
    }
    while page.len() < 29_500 {
        page.push_str("<div class=\"text\"><p>Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.</p></div>\n");
    }
    page.push_str("</body></html>");
    page
}

/// Time that this thread was on a core: what else the machine does hardly counts. Zero where the
/// system does not tell.
fn on_core() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

/// The parts of [`ours`] that go through the whole page.
fn parts(pages: &[String]) -> [Duration; 4] {
    let mut parts = [Duration::ZERO; 4];
    let fields = FIELDS.iter().map(|(name, css)| ((*name).to_owned(), css.to_string().into())).collect();
    let fields = serde_json::Value::Object(fields);
    let rules =
        Rules::new(&serde_json::from_value(serde_json::json!({ "fields": fields })).unwrap()).ok().unwrap();
    for chunk in pages.chunks(50) {
        let mut lap = on_core();
        let mut next = |part: usize| {
            let now = on_core();
            parts[part] += now - std::mem::replace(&mut lap, now);
        };
        let documents: Vec<_> = chunk.iter().map(|page| html::parse(page, html::Bounds::default())).collect();
        next(0);
        let found: Vec<_> = documents.iter().map(|document| walk(&document.html)).collect();
        next(1);
        for found in &found {
            black_box(meta::object(found, &items(found), &[], None));
        }
        next(2);
        let base = Url::parse("https://shop.example/").unwrap();
        for (document, found) in documents.iter().zip(&found) {
            let facts = Facts {
                url: base.as_str(),
                final_url: base.as_str(),
                base: &base,
                title: None,
                status: None,
                headers: &http::HeaderMap::new(),
                found,
                jsonld: &[],
                markdown: None,
            };
            let budget = Budget::until(Instant::now() + Duration::from_secs(60));
            black_box(records(&rules, &facts, Some(&document.html), &budget));
        }
        next(3);
    }
    parts
}

fn plain(pages: &[String], base: &Url) -> Duration {
    let fields: Vec<(Selector, Option<&str>)> = FIELDS
        .iter()
        .map(|(_, css)| {
            let (css, attribute) = css.split_once('@').map_or((*css, None), |(css, name)| (css, Some(name)));
            (Selector::parse(css).unwrap(), attribute)
        })
        .collect();
    let links = Selector::parse("a[href]").unwrap();
    let mut seen = HashSet::new();
    let begun = on_core();
    for page in pages {
        let html = Html::parse_document(page);
        for (selector, attribute) in &fields {
            let element = html.select(selector).next().unwrap();
            black_box(match attribute {
                Some(name) => element.attr(name).unwrap().to_owned(),
                None => element.text().collect::<String>().trim().to_owned(),
            });
        }
        for link in html.select(&links) {
            seen.insert(base.join(link.attr("href").unwrap()).unwrap().to_string());
        }
    }
    black_box(seen.len());
    on_core() - begun
}

fn ours(bodies: &[Vec<u8>], base: &Url) -> Duration {
    let fields = FIELDS.iter().map(|(name, css)| ((*name).to_owned(), css.to_string().into())).collect();
    let fields = serde_json::Value::Object(fields);
    let mut job = Job::of_seeds([base.as_str()]);
    job.extract = serde_json::from_value(serde_json::json!({ "fields": fields })).unwrap();
    let plan = Plan::new(RunId(1), Arc::new(job)).ok().unwrap();
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", "text/html".parse().unwrap());
    let mut links = 0;
    let begun = on_core();
    for body in bodies {
        let from = From { url: base, depth: 1, hops: 0, asked_url: None };
        let source = Source {
            plan: &plan,
            asked: base.as_str(),
            url: base,
            from,
            status: Some(200),
            headers: &headers,
            body,
        };
        let read = read(&source);
        assert_eq!(read.records.len(), 1);
        assert_eq!(read.records[0].rejected, None);
        links += read.links.admitted.len();
        plan.cache.remember(&read.links.decided);
        black_box(read.parsed);
    }
    black_box(links);
    on_core() - begun
}

#[test]
#[ignore = "a measurement, for a release build"]
fn cost_of_a_page() {
    let base = Url::parse("https://shop.example/product/1").unwrap();
    let pages: Vec<String> = (0..1_500).map(product).collect();
    let bare: Vec<Vec<u8>> = pages.iter().map(|page| page.clone().into_bytes()).collect();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / pages.len() as f64;
    for _ in 0..3 {
        let [tree, walk, meta, records] = parts(&pages).map(each);
        println!("tree {tree:.0} us, walk {walk:.1}, JSON-LD and meta {meta:.1}, records {records:.1}");
        let plain = each(plain(&pages, &base));
        let ours = each(ours(&bare, &base));
        println!("scraper {plain:.0} us; ours {ours:.0} us ({:.2})", ours / plain);
    }
}
