//! Pages that are made to cost much: the time stays in proportion to their size.

use crate::html::{Bounds, parse};
use std::time::{Duration, Instant};

/// Pages of about so many bytes, each of one thing.
fn pages(bytes: usize) -> Vec<(&'static str, String)> {
    let of = |begin: &str, unit: &str| begin.to_owned() + &unit.repeat(bytes / unit.len());
    let numbered = |tag: &str, name: &str| {
        let mut page = format!("<{tag} ");
        for n in 0.. {
            if page.len() >= bytes {
                break;
            }
            page.push_str(&format!("{name}{n:x}=1 "));
        }
        page + ">"
    };
    vec![
        ("text", of("", "some words ")),
        ("NUL", of("", "\0")),
        ("carriage returns", of("", "\r")),
        ("references", of("", "&amp;")),
        ("ampersands", of("", "&")),
        ("numbers", of("&#", "1")),
        ("names", of("&", "a")),
        ("less-than signs", of("", "<")),
        ("ends of nothing", of("", "</")),
        ("a tag's name", of("<", "a")),
        ("an attribute's name", of("<a ", "b")),
        ("a value", of("<a b='", "c")),
        ("references in a value", of("<a b='", "&copy")),
        ("attributes", numbered("p", "a")),
        ("attributes with long names", numbered("p", "attribute-")),
        ("one attribute again and again", of("<p ", "a=1 ")),
        ("a comment of dashes", of("<!--", "-")),
        ("a comment of ends", of("<!--", "->")),
        ("comments in a comment", of("", "<!--")),
        ("a declaration", of("<!doctype ", "a ")),
        ("declarations", of("", "<!doctype a public '")),
        ("a title", of("<title>", "</titl")),
        ("a title of NUL", of("<title>", "\0")),
        ("a script", of("<script>", "</scrip")),
        ("a script of NUL", of("<script>", "\0")),
        ("scripts in scripts", of("<script>", "<!--<script></script>")),
        ("CDATA", of("<svg>", "<![CDATA[]]")),
        ("CDATA of NUL", of("<svg><![CDATA[", "\0")),
        ("elements", of("", "<div>")),
        ("bold", of("", "<b>")),
        ("tables", of("", "<table>")),
        ("text in a table", of("<table>", "a &lt; ")),
        ("text in a frameset", of("<frameset>", "a ")),
        ("plaintext", of("<plaintext>", "\0a")),
    ]
}

#[test]
fn hostile_pages_end_soon() {
    let bounds =
        Bounds { time: Duration::from_secs(60), one_token: Duration::from_secs(60), ..Bounds::default() };
    for (what, page) in pages(60_000) {
        let document = parse(&page, bounds);
        assert_eq!(document.cut, None, "{what}");
    }
}

#[test]
#[ignore = "a measurement, for a release build"]
fn cost_of_hostile_pages() {
    for (what, page) in pages(20_000_000) {
        let begun = Instant::now();
        let document = parse(&page, Bounds::default());
        println!("{:>6} ms  {what} {:?}", begun.elapsed().as_millis(), document.cut);
        assert!(begun.elapsed() < Duration::from_secs(15), "{what}");
    }
}
