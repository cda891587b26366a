//! Records: what the rules find on one page.

use super::rules::{Rule, Rules, Source, Take};
use super::select::{Budget, Search, find};
use super::values;
use crate::json::{self, Object};
use crate::tree::{attribute, folded, folded_text};
use crate::walk::Found;
use ego_tree::NodeRef;
use scraper::{ElementRef, Html, Node};
use serde_json::Value;
use shared::job::{FieldType, PageValue};
use shared::ports::store::NewRecord;
use std::borrow::Cow;
use url::Url;

/// Records of one page.
const MOST_RECORDS: usize = 10_000;
/// Bytes of one value before it is converted.
const LONGEST: usize = 1 << 20;
/// Bytes of all records of one page.
const MOST_BYTES: usize = 16 << 20;
/// Elements of one list.
const MOST_LISTED: usize = 10_000;

/// What is known of a page besides its tree.
pub struct Facts<'a> {
    /// The URL as admitted.
    pub url: &'a str,
    /// Where it was found.
    pub final_url: &'a str,
    /// What its links are joined with.
    pub base: &'a Url,
    /// Its title.
    pub title: Option<&'a str>,
    /// Its status.
    pub status: Option<u16>,
    /// Its headers.
    pub headers: &'a http::HeaderMap,
    /// Its metadata.
    pub found: &'a Found<'a>,
    /// Its JSON-LD.
    pub jsonld: &'a [Value],
    /// Its content as Markdown, where the rules ask for it.
    pub markdown: Option<&'a str>,
}

/// The records of a page, and what was left out.
#[derive(Debug, Default)]
pub struct Records {
    /// In document order.
    pub records: Vec<NewRecord>,
    /// Why there are no more.
    pub cut: Option<&'static str>,
}

/// Takes the records from a page; `html` is None where the page is not HTML.
pub fn records(rules: &Rules, facts: &Facts<'_>, html: Option<&Html>, budget: &Budget) -> Records {
    let mut out = Records::default();
    if rules.fields.is_empty() || !rules.wants(facts.url) {
        return out;
    }
    let searches: Vec<Search<'_>> = rules
        .fields
        .iter()
        .filter_map(|rule| match &rule.source {
            Source::Element(Some(query), _) => {
                Some(Search { query, most: if rule.list { MOST_LISTED } else { 1 } })
            }
            _ => None,
        })
        .collect();
    let top = html.map(|html| html.tree.root());
    let Some(each) = &rules.each else {
        let found = top.map(|top| find(top, None, &searches, budget)).unwrap_or_default();
        out.records.extend(record(rules, facts, top, &found));
        out.cut = budget.is_spent().then_some("selecting took too long");
        return out;
    };
    let Some(top) = top else { return out };
    let items = find(top, None, &[Search { query: each, most: MOST_RECORDS + 1 }], budget).remove(0);
    let mut bytes = 0;
    for item in items {
        let found = find(item, ElementRef::wrap(item), &searches, budget);
        if budget.is_spent() {
            out.cut = Some("selecting took too long");
            break;
        }
        if let Some(record) = record(rules, facts, Some(item), &found) {
            bytes += record.data.len();
            if out.records.len() >= MOST_RECORDS || bytes > MOST_BYTES {
                out.cut = Some("too many records");
                break;
            }
            out.records.push(record);
        }
    }
    out
}

/// One record; None: every field is empty. What stands on every page (its URL, status, headers,
/// title) does not make a record, unless the job asks for nothing else.
fn record<'a>(
    rules: &Rules,
    facts: &Facts<'_>,
    item: Option<NodeRef<'a, Node>>,
    found: &[Vec<NodeRef<'a, Node>>],
) -> Option<NewRecord> {
    let mut data = String::with_capacity(256);
    let mut rejected: Option<String> = None;
    let (mut looked_for, mut is_empty) = (false, true);
    let mut found = found.iter();
    let mut object = Object::open(&mut data);
    for rule in &rules.fields {
        let texts = match &rule.source {
            Source::Page(value) => page_texts(value, facts, rule),
            Source::Element(query, take) => {
                let own = item.as_slice();
                let elements =
                    if query.is_some() { found.next().map_or(&[][..], Vec::as_slice) } else { own };
                elements.iter().filter_map(|element| element_text(*element, take)).collect()
            }
        };
        let texts: Vec<Cow<'_, str>> = texts.into_iter().filter_map(|text| rule.part_of(text)).collect();
        if rule.is_of_content() {
            looked_for = true;
            is_empty &= texts.is_empty();
        }
        if let Err(why) = rule.write(&texts, facts.base, object.key(&rule.name))
            && rejected.is_none()
        {
            rejected = Some(format!("{why}: {}", rule.name));
        }
    }
    object.close();
    (rules.keep_empty || !looked_for || !is_empty).then_some(NewRecord { data, rejected })
}

impl Rule {
    fn is_of_content(&self) -> bool {
        matches!(
            self.source,
            Source::Element(..)
                | Source::Page(PageValue::Markdown | PageValue::Meta(_) | PageValue::JsonLd(_))
        )
    }

    /// What the regular expression takes of a text; None if that is nothing.
    fn part_of<'t>(&self, text: Cow<'t, str>) -> Option<Cow<'t, str>> {
        let text = match &self.regex {
            None => text,
            Some(regex) => {
                let captures = regex.captures(&text)?;
                let part = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0))?;
                Cow::Owned(part.as_str().to_owned())
            }
        };
        (!text.trim().is_empty()).then_some(text)
    }

    /// Writes the field's value; what cannot be converted is written as it was found.
    fn write(&self, texts: &[Cow<'_, str>], base: &Url, out: &mut String) -> Result<(), &'static str> {
        let mut result = Ok(());
        match (&self.default, self.list, texts) {
            (Some(default), _, []) => out.push_str(default),
            (None, list, []) => {
                out.push_str(if list { "[]" } else { "null" });
                if self.required {
                    result = Err("missing");
                }
            }
            (_, false, [text, ..]) => result = self.write_one(text, base, out),
            (_, true, texts) => {
                out.push('[');
                for (n, text) in texts.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    let one = self.write_one(text, base, out);
                    result = result.and(one);
                }
                out.push(']');
            }
        }
        result
    }

    fn write_one(&self, text: &str, base: &Url, out: &mut String) -> Result<(), &'static str> {
        let text = &text[..text.floor_char_boundary(LONGEST)];
        values::write(self, text, base, out).inspect_err(|_| json::string(text, out))
    }
}

fn element_text<'a>(node: NodeRef<'a, Node>, take: &Take) -> Option<Cow<'a, str>> {
    let element = ElementRef::wrap(node);
    Some(match take {
        Take::Text => Cow::Owned(folded_text(node, LONGEST)),
        Take::Attribute(name) => Cow::Borrowed(attribute(element?.value(), name)?),
        Take::Html => Cow::Owned(element?.html()),
        Take::InnerHtml => Cow::Owned(element?.inner_html()),
        Take::Markdown => Cow::Owned(markdown(&element?.html())),
    })
}

fn markdown(html: &str) -> String {
    dom_query::Document::fragment(html).md(None).to_string()
}

fn page_texts<'a>(value: &PageValue, facts: &Facts<'a>, rule: &Rule) -> Vec<Cow<'a, str>> {
    let one = |text: Option<&'a str>| text.map(Cow::Borrowed).into_iter().collect();
    match value {
        PageValue::Url => one(Some(facts.url)),
        PageValue::FinalUrl => one(Some(facts.final_url)),
        PageValue::Title => one(facts.title),
        PageValue::Markdown => one(facts.markdown),
        PageValue::Status => facts.status.map(|status| Cow::Owned(status.to_string())).into_iter().collect(),
        PageValue::Header(name) => {
            let values = facts.headers.get_all(name.as_str()).iter();
            values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect()
        }
        PageValue::Meta(name) => {
            let metas = facts.found.metas.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
            metas.map(|(_, content)| Cow::Owned(folded(content))).collect()
        }
        PageValue::JsonLd(pointer) => {
            let Some(value) = point(facts.jsonld, pointer) else { return Vec::new() };
            match value {
                Value::Array(items) if rule.kind != FieldType::Json || rule.list => {
                    items.iter().filter_map(|item| json_text(item, rule)).collect()
                }
                value => json_text(value, rule).into_iter().collect(),
            }
        }
    }
}

/// RFC 6901 over a list of values.
fn point<'a>(items: &'a [Value], pointer: &str) -> Option<&'a Value> {
    let rest = pointer.strip_prefix('/')?;
    let (first, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    items.get(first.parse::<usize>().ok()?)?.pointer(rest)
}

/// A value as text: for a field of type `json` it stays JSON.
fn json_text<'a>(value: &'a Value, rule: &Rule) -> Option<Cow<'a, str>> {
    match value {
        Value::Null => None,
        Value::String(text) if rule.kind != FieldType::Json => Some(Cow::Borrowed(text.as_str())),
        value => {
            let mut out = String::new();
            json::value(value, &mut out);
            Some(Cow::Owned(out))
        }
    }
}
