//! Microdata (WHATWG HTML 5.2), in the form that the standard gives for JSON: an item is an object
//! with `type`, `id` and `properties`, each property a list. What schema.org's examples do beyond the
//! standard is read, too: `content` on any element, and items that are nothing but their text.

use crate::tree::{attribute, folded_text, is_pattern, next};
use crate::walk::Found;
use ego_tree::{NodeId, NodeRef};
use html5ever::{LocalName, local_name};
use scraper::Node;
use scraper::node::Element;
use serde_json::{Map, Value};
use std::collections::HashMap;
use url::Url;

/// Items inside each other.
const DEEPEST: usize = 32;
/// Nodes looked at on one page; `itemref` may lead to the same ones many times.
const STEPS: usize = 500_000;
/// Properties of one page.
const MOST_PROPERTIES: usize = 10_000;
/// Bytes of one value.
const LONGEST: usize = 8 * 1024;

/// The page's items that are no property of another one, in document order.
pub fn items(found: &Found<'_>, base: &Url) -> Vec<Value> {
    let mut reader = Reader { base, ids: None, steps: STEPS, properties: MOST_PROPERTIES, above: Vec::new() };
    found.microdata.iter().filter_map(|node| reader.item(*node)).collect()
}

struct Reader<'a> {
    base: &'a Url,
    /// The page's elements by id, if one was asked for.
    ids: Option<HashMap<&'a str, NodeRef<'a, Node>>>,
    steps: usize,
    properties: usize,
    /// The items that the current one is inside of.
    above: Vec<NodeId>,
}

impl<'a> Reader<'a> {
    /// An item; None where it would be inside of itself, or too deep.
    fn item(&mut self, node: NodeRef<'a, Node>) -> Option<Value> {
        let element = node.value().as_element()?;
        if self.above.len() >= DEEPEST || self.above.contains(&node.id()) {
            return None;
        }
        self.above.push(node.id());
        let mut properties = Map::new();
        self.inside(node, &mut properties);
        for id in tokens(element, &local_name!("itemref")) {
            if let Some(other) = self.by_id(node, id)
                && self.element(other, &mut properties)
            {
                self.inside(other, &mut properties);
            }
        }
        self.above.pop();

        let mut item = Map::new();
        let types: Vec<Value> = tokens(element, &local_name!("itemtype")).map(Value::from).collect();
        if !types.is_empty() {
            item.insert("type".to_owned(), types.into());
        }
        if let Some(id) = attribute(element, &local_name!("itemid")) {
            item.insert("id".to_owned(), self.url(id));
        }
        if properties.is_empty() {
            item.insert("value".to_owned(), folded_text(node, LONGEST).into());
        } else {
            item.insert("properties".to_owned(), properties.into());
        }
        Some(item.into())
    }

    /// The properties below an element.
    fn inside(&mut self, top: NodeRef<'a, Node>, properties: &mut Map<String, Value>) {
        let mut node = next(top, top, true);
        while let Some(here) = node {
            let Some(left) = self.steps.checked_sub(1) else { return };
            self.steps = left;
            let inside = self.element(here, properties);
            node = next(here, top, inside);
        }
    }

    /// The properties that an element is; whether those below it belong to the same item.
    fn element(&mut self, node: NodeRef<'a, Node>, properties: &mut Map<String, Value>) -> bool {
        let Some(element) = node.value().as_element() else { return true };
        let is_item = is_item(element);
        let mut names = tokens(element, &local_name!("itemprop")).peekable();
        if names.peek().is_some()
            && let Some(value) = if is_item { self.item(node) } else { Some(self.value(node, element)) }
        {
            for name in names {
                let Some(left) = self.properties.checked_sub(1) else { return false };
                self.properties = left;
                let list = properties.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list {
                    list.push(value.clone());
                }
            }
        }
        !is_item && !is_pattern(element)
    }

    fn value(&self, node: NodeRef<'a, Node>, element: &'a Element) -> Value {
        let get = |name: LocalName| attribute(element, &name);
        let own = match element.name.local {
            local_name!("meta") => Some(get(local_name!("content")).unwrap_or_default()),
            local_name!("audio")
            | local_name!("embed")
            | local_name!("iframe")
            | local_name!("img")
            | local_name!("source")
            | local_name!("track")
            | local_name!("video") => return self.url(get(local_name!("src")).unwrap_or_default()),
            local_name!("a") | local_name!("area") | local_name!("link") => {
                return self.url(get(local_name!("href")).unwrap_or_default());
            }
            local_name!("object") => return self.url(get(local_name!("data")).unwrap_or_default()),
            local_name!("data") | local_name!("meter") => get(local_name!("value")),
            local_name!("time") => get(local_name!("datetime")),
            _ => None,
        };
        match own.or_else(|| get(local_name!("content"))) {
            Some(text) => text[..text.floor_char_boundary(LONGEST)].into(),
            None => folded_text(node, LONGEST).into(),
        }
    }

    /// A URL joined with the base; as it stands where it is none.
    fn url(&self, href: &str) -> Value {
        let href = href.trim();
        let href = &href[..href.floor_char_boundary(LONGEST)];
        match self.base.join(href) {
            Ok(url) if !href.is_empty() => url.as_str().into(),
            _ => href.into(),
        }
    }

    fn by_id(&mut self, near: NodeRef<'a, Node>, id: &str) -> Option<NodeRef<'a, Node>> {
        let ids = self.ids.get_or_insert_with(|| {
            let top = near.tree().root();
            let mut ids = HashMap::new();
            for node in top.descendants() {
                if let Some(id) = node.value().as_element().and_then(|e| attribute(e, &local_name!("id"))) {
                    ids.entry(id).or_insert(node);
                }
            }
            ids
        });
        ids.get(id).copied()
    }
}

/// Whether an element is an item.
pub fn is_item(element: &Element) -> bool {
    attribute(element, &local_name!("itemscope")).is_some()
}

fn tokens<'a>(element: &'a Element, name: &LocalName) -> impl Iterator<Item = &'a str> + use<'a> {
    attribute(element, name).unwrap_or_default().split_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{Bounds, parse};
    use crate::walk::walk;
    use serde_json::json;

    fn read(page: &str) -> Value {
        let document = parse(page, Bounds::default());
        items(&walk(&document.html), &Url::parse("https://a.example/x/").unwrap()).into()
    }

    #[test]
    fn an_item_has_its_properties_and_those_it_refers_to() {
        let page = "<div itemscope itemtype='https://schema.org/Product' itemid=' /p/7 ' itemref='more no'>\
            <b itemprop='name alternateName'> A \n B</b><a itemprop=url href=7>x</a><meta itemprop=sku content=S>\
            <i itemprop=offers itemscope><data itemprop=price value=1.5>much</data></i>\
            <i itemscope>no property</i></div><p id=more itemprop=color>red</p><p itemprop=lost>none's</p>";
        assert_eq!(
            read(page),
            json!([
                {
                    "type": ["https://schema.org/Product"], "id": "https://a.example/p/7",
                    "properties": {
                        "name": ["A B"], "alternateName": ["A B"], "url": ["https://a.example/x/7"], "sku": ["S"],
                        "offers": [{"properties": {"price": ["1.5"]}}], "color": ["red"],
                    },
                },
                { "value": "no property" },
            ])
        );
    }

    #[test]
    fn what_leads_to_itself_ends() {
        let page =
            "<div itemscope id=a itemref=b><i itemprop=x>1</i></div><p id=b itemprop=y itemscope itemref=a>";
        assert_eq!(read(page), json!([{"properties": {"x": ["1"], "y": [{"value": ""}]}}]));
        let deep = "<div itemprop=x itemscope>".repeat(10_000);
        assert_eq!(read(&format!("<div itemscope>{deep}")).as_array().unwrap().len(), 1);
    }

    #[test]
    fn many_references_to_much_end() {
        let much = "<b>x</b>".repeat(20_000);
        let refers = "<p itemscope itemref=much></p>".repeat(900);
        let begun = std::time::Instant::now();
        read(&format!("{refers}<div id=much>{much}</div>"));
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }
}
