//! The same trees as with html5ever's tokenizer, on pages made up and pages broken.

use crate::html::{Bounds, Document, Guard, builder, parse};
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::time::Instant;

/// What markup is made of, and breaks at: pieces between bars.
const PIECES: &str = "\
    <div>|</div>|<p class=a>|</p>|<b>|</b>|<a href='/x?a=1&amp;b=2&copy=3'>|</a>|<br/>|<table>|<tr><td>|\
    </table>|<ul><li>|<select><option>|</select>|<svg>|</svg>|<math><mi>|<title>|</title>|</TITLE x=y>|\
    <textarea>\n|</textarea|<style>|</style>|<script>|</script>|</script\x20|</scripty>|<!--|-->|--!>|--|\
    ->|-|<!-|<!-->|<!--->|<!---->|<!--<!--|<![CDATA[|]]>|]|<!doctype html>|\
    <!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN\" 'x'>|<!doctype|\x20system\x20\"a>b\"|public|\
    <?xml version=\"1.0\"?>|<|</|<!|</>|<a|<A B=C d = 'e' F>|<i x='1' X=2 y/z=\"\"/>|\x20=\x20|=|'|\"|>|\
    />|/|&amp;|&lt|&notit;|&notin;|&#60;|&#x3c|&#0;|&#x80;|&#x110000;|&#|&#x|&|&;|&ampx=|&NotEqualTilde;|\
    &nbsp|text|é|漢字|😀|\u{feff}|\0|\r|\r\n|\n|\x20|\t|\x0c|<plaintext>|<noscript>|</noscript>|\
    <base href=/>|<template>|</template>|<frameset>|<frame>|<pre>\n|<form>|<button>|<h1>|</h2>|\
    <svg><script>|<foreignObject>|<iframe>|</iframe>|<xmp>|</xmp/>|<body a=b>|<html c=d>|<head>|</head>|\
    </body>|</html>|<meta charset=utf-8>|<my-element data-é=ü>|<x\0y \0z=\0>|<script><!--<script>|\
    <!--<sCript/|</SCRIPT>|<a b=&amp;c&lt=d&gt e=&#65;>|<a\tb\n=\r'c\r\nd'>|<input type=hidden>|<image>|\
    </br x>|<caption>|<col>|<rp>";

/// A page as they are.
const PAGE: &str = "<!DOCTYPE html>\r\n<html lang=en><head><meta charset=\"utf-8\"><title>A &amp; B</title>\
    <script>if (a < b && c) { document.write('<!-- <script>x<\\/script> -->'); }</script><style>a > b { c: '</' }</style>\
    <link rel=canonical href='/a?b=1&c=2'></head>\n<body class='x y' id=top><!-- menu --><ul><li><a href=/1>One</a>\
    <li><a HREF=\"/2\" title=\"&quot;Two&quot;\">Two &copy; &#8364; &nbsp;</a></ul><table><tr><td>1<td>2</table>text\
    <p>a<b>c<i>d</b>e</i><br/><textarea>\n<p>&lt;</textarea><svg viewBox=\"0 0 1 1\"><path d='M0'/><![CDATA[x<y]]></svg>\
    <noscript><img src=x></noscript><form action=?q=1&lt=2><input disabled value=a/b></form></body></html>\n";

fn pieces() -> impl Strategy<Value = &'static str> {
    select(PIECES.split('|').collect::<Vec<_>>())
}

/// The tree that html5ever's tokenizer gives. It drops a byte order mark wherever it is asked to go on:
/// after a script, too.
fn reference(text: &str, bounds: Bounds) -> Document {
    let guard = Guard::new(builder(text.len()), bounds, Instant::now() + bounds.time);
    let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
    let tokenizer = Tokenizer::new(guard, options);
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text.strip_prefix('\u{feff}').unwrap_or(text)));
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    Document { cut: tokenizer.sink.cut(), html: tokenizer.sink.finish() }
}

fn compare(text: &str) -> Result<(), TestCaseError> {
    for bounds in [Bounds::default(), Bounds { depth: 6, ..Bounds::default() }] {
        let (ours, theirs) = (parse(text, bounds), reference(text, bounds));
        if ours.html.tree != theirs.html.tree {
            prop_assert_eq!(ours.html.html(), theirs.html.html());
            prop_assert_eq!(&ours.html.tree, &theirs.html.tree);
        }
        prop_assert_eq!(ours.html.quirks_mode, theirs.html.quirks_mode);
        prop_assert_eq!(ours.cut, theirs.cut);
    }
    Ok(())
}

/// The same pages each time, but for a seed given in the environment.
fn check<T: Strategy<Value = String>>(cases: u32, pages: T) {
    let cases = std::env::var("HARVESTMAN_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    let seed = std::env::var("HARVESTMAN_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    TestRunner::new_with_rng(config, rng).run(&pages, |page| compare(&page)).unwrap();
}

#[test]
fn pages_made_of_pieces() {
    let pieces = prop_oneof![9 => pieces().prop_map(str::to_owned), 1 => "[ -~]{0,6}"];
    check(4_000, prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()));
}

#[test]
fn delimiters_in_any_order() {
    check(4_000, "[<>/!\\-=\"'&#; a-dsx\n\r\t\\x00\\[\\]?é]{0,80}");
}

#[test]
fn inside_one_construct() {
    let inside = "[<>/!\\-=\"'&;a \n\\x00\\]s]{0,24}";
    let begins = select(
        &[
            "<!--",
            "<!",
            "<a ",
            "<a b='",
            "<script>",
            "<script><!--",
            "<script><!--<script>",
            "<title>",
            "</",
            "<!doctype ",
            "<!doctype a public",
            "<svg><![CDATA[",
            "<style>",
            "&",
            "<?",
            "<plaintext>",
        ][..],
    );
    let word = select(
        &[
            "script",
            "title",
            "style",
            "--",
            "amp",
            "public ''",
            "SYSTEM \"",
            "]]>",
            "-->",
            "<!--",
            "</script>",
            "",
        ][..],
    );
    check(
        6_000,
        (begins, inside, word, inside).prop_map(|(begin, one, word, two)| format!("{begin}{one}{word}{two}")),
    );
}

#[test]
fn pages_broken_somewhere() {
    let change = (any::<Index>(), 0..12_usize, pieces());
    let changes = prop::collection::vec(change, 1..8);
    check(
        1_500,
        changes.prop_map(|changes| {
            let mut page: Vec<char> = PAGE.chars().collect();
            for (place, less, piece) in changes {
                let at = place.index(page.len());
                let to = page.len().min(at + less);
                page.splice(at..to, piece.chars());
            }
            page.into_iter().collect()
        }),
    );
}

#[test]
fn a_whole_page_and_each_of_its_beginnings() {
    for at in 0..=PAGE.len() {
        if let Some(page) = PAGE.get(..at) {
            compare(page).unwrap();
        }
    }
}

#[test]
fn text_of_more_than_one_token() {
    let long = "wörds &amp; w < \n\r\n".repeat(4_000) + &"漢".repeat(30_000) + "&lt;" + &"-".repeat(70_000);
    for begin in [
        "",
        "<table>",
        "<pre>",
        "<title>",
        "<script>",
        "<svg><![CDATA[",
        "<!--",
        "<i a='",
        "<frameset>",
        "<plaintext>",
    ] {
        compare(&format!("{begin}{long}\0{long}</script></title>'>-->x]]>y")).unwrap();
    }
}

#[test]
fn doctypes() {
    let words =
        select(&[" ", "html", "public", "SYSTEM", "\"a\"", "'b'", "'", "\"", ">", "x", "\0", "\n"][..]);
    check(
        3_000,
        prop::collection::vec(words, 0..9).prop_map(|words| format!("<!DocType html{}", words.concat())),
    );
}

#[test]
fn many_attributes() {
    let names = prop::collection::vec(0..60_u8, 0..80);
    check(
        300,
        names.prop_map(|names| {
            let attributes: Vec<String> =
                names.iter().enumerate().map(|(n, name)| format!("a{name}={n}")).collect();
            format!("<p {}><body {0}>", attributes.join(" "))
        }),
    );
}
