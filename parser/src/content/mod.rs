//! A page's content in the forms that a job keeps: Markdown, HTML, links, images, attributes.
//!
//! `rules` compiles what the job asks for, `main_part` finds what of the page is boilerplate, `view` is
//! what is left; `markdown`, `html` and `urls` write it down.

mod html;
mod main_part;
mod markdown;
mod plain;
mod rules;
mod urls;
mod view;

pub use plain::is_text;
pub use rules::Rules;

use crate::extract::Budget;
use crate::json::{self, Object};
use crate::walk::Found;
use scraper::Html;
use shared::job::ContentFormat;
use std::time::{Duration, Instant};
use url::Url;
use view::View;

/// Bytes of one text.
const LONGEST: usize = 4 << 20;
/// Links, images, or values of one attribute.
const MOST: usize = 20_000;
/// Bytes of one value of a `meta` element, and of one URL.
const LONGEST_VALUE: usize = 8 * 1024;
/// Bytes of all `meta` elements.
const MOST_META: usize = 256 * 1024;
/// Time for the selectors of one page.
const SELECTING: Duration = Duration::from_secs(5);

/// A page, as far as its content needs.
pub struct Page<'a> {
    /// Its text; None: it is no text.
    pub text: Option<&'a str>,
    /// Its tree; None: it is not HTML.
    pub html: Option<&'a Html>,
    /// What its links are joined with.
    pub base: &'a Url,
    /// What it says of itself.
    pub found: &'a Found<'a>,
    /// Its `Content-Type`.
    pub content_type: Option<&'a str>,
}

/// What was kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// A JSON object: `markdown`, `html`, `raw_html`, `links`, `images`, `attributes` as asked for; `meta`,
    /// `icon`, `content_type`; `cut`, the forms that are not whole.
    pub object: String,
    /// The Markdown again, for records.
    pub markdown: Option<String>,
}

/// Takes the content of a page.
pub fn content(rules: &Rules, page: &Page<'_>) -> Kept {
    let mut object = String::with_capacity(1024);
    let mut cut = Vec::new();
    let mut out = Object::open(&mut object);
    let view = page.html.map(|html| {
        let budget = Budget::until(Instant::now() + SELECTING);
        View::of(html, page.base, rules, &budget)
    });
    let has = |format| rules.formats.contains(&format);
    let mut markdown = None;
    if has(ContentFormat::Markdown) {
        let text = match (&view, page.text) {
            (Some(view), _) => markdown::markdown(view, LONGEST),
            (None, Some(text)) => plain::markdown(page.content_type, bounded(text)),
            (None, None) => String::new(),
        };
        put(&mut out, &mut cut, "markdown", &text);
        markdown = Some(text);
    }
    if let Some(view) = view.as_ref().filter(|_| has(ContentFormat::Html)) {
        put(&mut out, &mut cut, "html", &html::html(view, LONGEST));
    }
    if has(ContentFormat::RawHtml)
        && let Some(text) = page.text
    {
        put(&mut out, &mut cut, "raw_html", text);
    }
    if has(ContentFormat::Links) {
        list(&mut out, "links", &view.as_ref().map(urls::links).unwrap_or_default());
    }
    if has(ContentFormat::Images) {
        list(&mut out, "images", &view.as_ref().map(urls::images).unwrap_or_default());
    }
    if let (Some(html), false) = (page.html, rules.attributes.is_empty()) {
        urls::attributes(rules, html, out.key("attributes"));
    }
    about(page, &mut out);
    if !cut.is_empty() {
        list(&mut out, "cut", &cut.into_iter().map(str::to_owned).collect::<Vec<_>>());
    }
    out.close();
    Kept { object, markdown }
}

/// What the page says of itself, in its own words.
fn about(page: &Page<'_>, out: &mut Object<'_>) {
    if let Some(content_type) = page.content_type {
        json::string(short(content_type), out.key("content_type"));
    }
    if let Some(icon) = page.html.and_then(|html| urls::icon(html, page.base)) {
        json::string(&icon, out.key("icon"));
    }
    let mut room = MOST_META;
    let mut taken = std::collections::HashSet::new();
    let mut meta = Object::open(out.key("meta"));
    for (name, content) in &page.found.metas {
        let (name, content) = (short(name), short(content));
        let Some(left) = room.checked_sub(name.len() + content.len()) else { break };
        if taken.insert(name) {
            room = left;
            json::string(content, meta.key(name));
        }
    }
    meta.close();
}

fn put(out: &mut Object<'_>, cut: &mut Vec<&'static str>, name: &'static str, text: &str) {
    let kept = bounded(text);
    if kept.len() < text.len() || kept.len() >= LONGEST - 4 {
        cut.push(name);
    }
    json::string(kept, out.key(name));
}

fn list(out: &mut Object<'_>, name: &str, items: &[String]) {
    let out = out.key(name);
    out.push('[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        json::string(item, out);
    }
    out.push(']');
}

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

fn short(text: &str) -> &str {
    let text = text.trim();
    &text[..text.floor_char_boundary(LONGEST_VALUE)]
}

#[cfg(test)]
mod tests;
