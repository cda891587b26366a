use super::*;
use crate::html::{Bounds, parse};
use crate::walk::walk;
use shared::job::Extract;
use std::time::{Duration, Instant};
use url::Url;

const PAGE: &str = r#"<html><head><title>Shop</title><meta name=sku content=" 7 "></head><body>
  <div class=item><h2> A  <b>x</b> </h2><p class=price>£51.77</p><a href="/a?x=1">buy</a>
    <span class=tag>new</span><span class=tag> red </span><i>In stock (3 available)</i></div>
  <div class=item><h2>B</h2><p class=price>call us</p><a href="b">buy</a></div>
  <div class=item><p class=price>9</p></div>
</body></html>"#;

fn taken(extract: &str) -> Vec<(String, Option<String>)> {
    let extract: Extract = serde_json::from_str(extract).unwrap();
    let rules = Rules::new(&extract).ok().unwrap();
    let document = parse(PAGE, Bounds::default());
    let found = walk(&document.html);
    let base = Url::parse("https://shop.example/list/").unwrap();
    let mut headers = http::HeaderMap::new();
    headers.insert("last-modified", "Mon, 23 Nov 2026 10:20:30 GMT".parse().unwrap());
    let jsonld = [serde_json::json!({"offers": [{"price": 12.5}, {"price": "1,000"}], "name": "N"})];
    let facts = Facts {
        url: "https://shop.example/list",
        final_url: "https://shop.example/list/",
        base: &base,
        title: Some("Shop"),
        status: Some(200),
        headers: &headers,
        found: &found,
        jsonld: &jsonld,
        markdown: None,
    };
    let budget = Budget::until(Instant::now() + Duration::from_secs(60));
    let records = records(&rules, &facts, Some(&document.html), &budget);
    assert_eq!(records.cut, None);
    records.records.into_iter().map(|record| (record.data, record.rejected)).collect()
}

fn valid(data: &str) -> (String, Option<String>) {
    (data.to_owned(), None)
}

fn rejected(data: &str, why: &str) -> (String, Option<String>) {
    (data.to_owned(), Some(why.to_owned()))
}

#[test]
fn a_page_is_one_record_with_its_fields_in_order() {
    let records = taken(
        r#"{"fields":{"z":"h2","price":{"css":".price","type":"number"},"link":{"css":"a","get":"@href","type":"url"},
        "raw":"a@href","tags":{"css":".tag","list":true},"stock":{"css":"i","type":"integer"},"is":{"css":"i","type":"boolean"},
        "none":"h9","no":{"css":"h9","list":true},"deflt":{"css":"h9","default":{"a":1}},"part":{"css":"i","regex":"\\((\\d+) (\\w+)\\)"}}}"#,
    );
    assert_eq!(
        records,
        [valid(
            r#"{"z":"A x","price":51.77,"link":"https://shop.example/a?x=1","raw":"/a?x=1","tags":["new","red"],"stock":3,"is":true,"none":null,"no":[],"deflt":{"a":1},"part":"3"}"#
        )]
    );
}

#[test]
fn each_item_is_a_record_and_what_does_not_fit_is_kept_apart() {
    let records = taken(
        r#"{"each":".item","fields":{"name":{"css":":scope > h2","required":true},"price":{"css":".price","type":"number","required":true}}}"#,
    );
    assert_eq!(
        records,
        [
            valid(r#"{"name":"A x","price":51.77}"#),
            rejected(r#"{"name":"B","price":"call us"}"#, "not_a_number: price"),
            rejected(r#"{"name":null,"price":9}"#, "missing: name"),
        ]
    );
    let own =
        taken(r#"{"each":".item > h2","fields":{"name":{},"html":{"get":"html"},"md":{"get":"markdown"}}}"#);
    assert_eq!(own[0].0, r###"{"name":"A x","html":"<h2> A  <b>x</b> </h2>","md":"## A **x**"}"###);
}

#[test]
fn the_page_itself_has_values() {
    let records = taken(
        r#"{"fields":{"u":{"page":"url"},"f":{"page":"final_url"},"t":{"page":"title"},"s":{"page":"status","type":"integer"},
        "h":{"page":"header:Last-Modified","type":"date"},"m":{"page":"meta:SKU"},"n":{"page":"jsonld:/0/name"},
        "p":{"page":"jsonld:/0/offers/0/price","type":"number"},"o":{"page":"jsonld:/0/offers","type":"json"},"x":{"page":"jsonld:/1"}}}"#,
    );
    assert_eq!(
        records,
        [valid(
            r#"{"u":"https://shop.example/list","f":"https://shop.example/list/","t":"Shop","s":200,"h":"2026-11-23T10:20:30Z","m":"7","n":"N","p":12.5,"o":[{"price":12.5},{"price":"1,000"}],"x":null}"#
        )]
    );
}

#[test]
fn a_page_without_content_gives_no_record() {
    let fields = r#""fields":{"url":{"page":"url"},"a":{"css":"h9","required":true,"default":1}}"#;
    assert!(taken(&format!("{{{fields}}}")).is_empty());
    assert_eq!(taken(&format!("{{{fields},\"keep_empty\":true}}")).len(), 1);
    assert!(taken(r#"{"pages":["/product/"],"fields":{"a":"h2"}}"#).is_empty());
    assert_eq!(taken(r#"{"pages":["/list$"],"fields":{"a":"h2"}}"#).len(), 1);
}
