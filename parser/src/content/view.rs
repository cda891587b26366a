//! What of a page's tree is kept.

use super::rules::Rules;
use super::{LONGEST_VALUE, main_part};
use crate::extract::{Budget, Query, Search, find};
use crate::tree::{is_html, is_pattern, next};
use ego_tree::{NodeId, NodeRef};
use html5ever::local_name;
use scraper::node::Element;
use scraper::{Html, Node};
use shared::frontier::canonical;
use std::collections::HashSet;
use url::Url;

/// Elements that one selector may name.
const MOST_CHOSEN: usize = 10_000;

/// The kept part of a page: some of its nodes with all below them, but for what was dropped.
pub struct View<'a> {
    /// In document order, none inside another.
    pub roots: Vec<NodeRef<'a, Node>>,
    base: &'a Url,
    dropped: HashSet<NodeId>,
}

impl<'a> View<'a> {
    /// Chooses.
    pub fn of(html: &'a Html, base: &'a Url, rules: &Rules, budget: &Budget) -> Self {
        let top = html.tree.root();
        let excluded = chosen(top, &rules.exclude, budget);
        let included = chosen(top, &rules.include, budget);
        let mut view = View { roots: vec![top], base, dropped: HashSet::new() };
        view.dropped.extend(excluded.iter().map(NodeRef::id));
        if !rules.include.is_empty() {
            view.roots = outermost(included);
            if rules.main_only {
                let drop = view.roots.iter().flat_map(|root| main_part::boilerplate(*root));
                let drop: Vec<NodeId> = drop.collect();
                view.dropped.extend(drop);
            }
        } else if rules.main_only {
            let main = main_part::main_part(top, &view.dropped);
            view.roots = vec![main.root];
            view.dropped.extend(main.drop);
        }
        view
    }

    /// The kept children of a node.
    pub fn children(&self, node: NodeRef<'a, Node>) -> impl Iterator<Item = NodeRef<'a, Node>> {
        node.children().filter(|child| self.keeps(*child))
    }

    /// Whether a node is kept, if its parent is.
    pub fn keeps(&self, node: NodeRef<'a, Node>) -> bool {
        match node.value() {
            Node::Text(_) => true,
            Node::Element(element) => !self.dropped.contains(&node.id()) && is_shown(element),
            Node::Document | Node::Fragment => true,
            _ => false,
        }
    }

    /// All kept elements, in document order.
    pub fn elements(&self) -> impl Iterator<Item = (NodeRef<'a, Node>, &'a Element)> {
        self.roots.iter().flat_map(move |root| {
            let mut at = self.keeps(*root).then_some(*root);
            std::iter::from_fn(move || {
                let node = at?;
                at = next(node, *root, self.keeps(node));
                Some(node)
            })
            .filter(|node| self.keeps(*node))
            .filter_map(|node| Some((node, node.value().as_element()?)))
        })
    }

    /// A URL on the page, absolute; None where it leads to nothing that could be fetched or written to.
    pub fn url(&self, href: &str) -> Option<String> {
        absolute(self.base, href)
    }
}

/// A URL joined with a base: http, https, `mailto:` or `tel:`, of a bearable length.
pub fn absolute(base: &Url, href: &str) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.len() > LONGEST_VALUE {
        return None;
    }
    let url = canonical::join(base, href).or_else(|| Url::parse(href).ok())?;
    matches!(url.scheme(), "http" | "https" | "mailto" | "tel").then(|| url.into())
}

/// What is never content: what is run, styled, framed or only filled in.
pub fn is_shown(element: &Element) -> bool {
    if !is_html(element) {
        return element.name.local != local_name!("svg");
    }
    let name = &element.name.local;
    let is_machinery = matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("noscript")
            | local_name!("head")
            | local_name!("iframe")
            | local_name!("object")
            | local_name!("embed")
            | local_name!("canvas")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("base")
            | local_name!("title")
    );
    !is_machinery && !is_pattern(element)
}

fn chosen<'a>(top: NodeRef<'a, Node>, queries: &[Query], budget: &Budget) -> Vec<NodeRef<'a, Node>> {
    let searches: Vec<Search<'_>> = queries.iter().map(|query| Search { query, most: MOST_CHOSEN }).collect();
    find(top, None, &searches, budget).into_iter().flatten().collect()
}

/// Those that are inside none of the others, in document order.
fn outermost(nodes: Vec<NodeRef<'_, Node>>) -> Vec<NodeRef<'_, Node>> {
    let Some(top) = nodes.first().map(|node| node.tree().root()) else { return nodes };
    let chosen: HashSet<NodeId> = nodes.iter().map(NodeRef::id).collect();
    let mut out = Vec::new();
    let mut at = Some(top);
    while let Some(node) = at {
        let is_chosen = chosen.contains(&node.id());
        if is_chosen {
            out.push(node);
        }
        at = next(node, top, !is_chosen);
    }
    out
}
