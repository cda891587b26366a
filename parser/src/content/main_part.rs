//! The main part of a page: where it is, and what in it is no content (navigation, banners, footers, side
//! columns, cookie notes). By the page's own words: elements, roles, classes. No learning, no guessing at
//! density: the same page always gives the same part, and where the words would take most of the text
//! away they are not believed.

use super::view;
use crate::tree::{attribute, is_html};
use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use html5ever::{LocalName, local_name};
use scraper::Node;
use scraper::node::Element;
use std::collections::{HashMap, HashSet};

/// Of the page's text, what a `main` element must have to be believed, in percent.
const MAIN_SHARE: usize = 10;
/// The same for the page's only `article`.
const ARTICLE_SHARE: usize = 40;
/// What one piece of boilerplate may have at most.
const DROP_SHARE: usize = 60;
/// What must be left; else nothing is dropped.
const LEFT_SHARE: usize = 5;

/// Words in `class` and `id` of what surrounds the content.
#[rustfmt::skip]
const WORDS: [&str; 46] = [
    "ad", "ads", "advert", "advertisement", "banner-ad", "breadcrumb", "breadcrumbs", "consent",
    "cookie", "cookie-banner", "cookie-consent", "cookie-notice", "footer", "gdpr", "global-header",
    "lang-selector", "language-switcher", "main-nav", "menu", "modal", "nav", "nav-bar", "navbar",
    "navigation", "newsletter", "page-footer", "pagination", "popup", "screen-reader-text", "share",
    "share-buttons", "sharing", "side-bar", "sidebar", "site-footer", "site-header", "site-nav",
    "skip-link", "skip-to-content", "social", "social-links", "social-media", "social-share",
    "sponsored", "sr-only", "visually-hidden",
];

/// Roles of what surrounds the content.
#[rustfmt::skip]
const ROLES: [&str; 11] = [
    "alertdialog", "banner", "complementary", "contentinfo", "dialog", "menu", "menubar", "navigation", "search",
    "tablist", "toolbar",
];

/// Where the content is.
pub struct Main<'a> {
    pub root: NodeRef<'a, Node>,
    pub drop: Vec<NodeId>,
}

/// The main part of a page, of which some nodes are dropped already.
pub fn main_part<'a>(top: NodeRef<'a, Node>, dropped: &HashSet<NodeId>) -> Main<'a> {
    let texts = Texts::of(top, dropped);
    let whole = texts.at(top.id());
    let root = texts.root(top, whole);
    let drop = drops(root, &texts);
    let gone: usize = drop.iter().map(|id| texts.at(*id)).sum();
    let left = texts.at(root.id()).saturating_sub(gone);
    if left * 100 < whole * LEFT_SHARE {
        return Main { root: top, drop: Vec::new() };
    }
    Main { root, drop }
}

/// What is boilerplate within a part that somebody chose.
pub fn boilerplate(root: NodeRef<'_, Node>) -> Vec<NodeId> {
    drops(root, &Texts::of(root, &HashSet::new()))
}

/// How much text each element holds, in bytes without white space.
struct Texts<'a> {
    bytes: HashMap<NodeId, usize>,
    mains: Vec<NodeRef<'a, Node>>,
    articles: Vec<NodeRef<'a, Node>>,
    headings: usize,
}

impl<'a> Texts<'a> {
    fn of(top: NodeRef<'a, Node>, dropped: &HashSet<NodeId>) -> Self {
        let mut texts = Texts { bytes: HashMap::new(), mains: Vec::new(), articles: Vec::new(), headings: 0 };
        let mut open: Vec<(usize, bool)> = Vec::new();
        for edge in top.traverse() {
            match edge {
                Edge::Open(node) => {
                    let hidden = open.last().is_some_and(|(_, hidden)| *hidden);
                    match node.value() {
                        Node::Text(text) if !hidden => {
                            let bytes = text.split_ascii_whitespace().map(str::len).sum::<usize>();
                            if let Some((sum, _)) = open.last_mut() {
                                *sum += bytes;
                            }
                        }
                        Node::Element(element) => {
                            texts.note(node, element);
                            open.push((
                                0,
                                hidden || dropped.contains(&node.id()) || !view::is_shown(element),
                            ));
                        }
                        Node::Document | Node::Fragment => open.push((0, hidden)),
                        _ => {}
                    }
                }
                Edge::Close(node) => {
                    if matches!(node.value(), Node::Element(_) | Node::Document | Node::Fragment)
                        && let Some((bytes, _)) = open.pop()
                    {
                        texts.bytes.insert(node.id(), bytes);
                        if let Some((sum, _)) = open.last_mut() {
                            *sum += bytes;
                        }
                    }
                }
            }
        }
        texts
    }

    fn note(&mut self, node: NodeRef<'a, Node>, element: &Element) {
        let role = attribute(element, &LocalName::from("role"));
        match element.name.local {
            local_name!("main") => self.mains.push(node),
            local_name!("article") => self.articles.push(node),
            local_name!("h1") => self.headings += 1,
            _ if role == Some("main") => self.mains.push(node),
            _ => {}
        }
    }

    fn at(&self, id: NodeId) -> usize {
        self.bytes.get(&id).copied().unwrap_or(0)
    }

    /// The element that holds the content.
    fn root(&self, top: NodeRef<'a, Node>, whole: usize) -> NodeRef<'a, Node> {
        let holds = |node: &&NodeRef<'a, Node>, share| self.at(node.id()) * 100 >= whole * share && whole > 0;
        if let Some(main) = self.mains.iter().find(|node| holds(node, MAIN_SHARE)) {
            return *main;
        }
        match &self.articles[..] {
            [article] if holds(&article, ARTICLE_SHARE) => *article,
            _ => top,
        }
    }
}

/// The outermost pieces of boilerplate below a node.
fn drops(root: NodeRef<'_, Node>, texts: &Texts<'_>) -> Vec<NodeId> {
    let most = texts.at(root.id()) * DROP_SHARE / 100;
    let mut out = Vec::new();
    let mut at = crate::tree::next(root, root, true);
    let mut inside_article = HashSet::new();
    while let Some(node) = at {
        let mut inside = true;
        if let Node::Element(element) = node.value() {
            let in_article = node.parent().is_some_and(|parent| inside_article.contains(&parent.id()));
            if in_article || matches!(element.name.local, local_name!("article") | local_name!("main")) {
                inside_article.insert(node.id());
            }
            let holds_heading = || texts.headings == 1 && holds_heading(node);
            if is_boilerplate(element, in_article) && texts.at(node.id()) <= most && !holds_heading() {
                out.push(node.id());
                inside = false;
            }
        }
        at = crate::tree::next(node, root, inside);
    }
    out
}

fn holds_heading(node: NodeRef<'_, Node>) -> bool {
    node.descendants()
        .any(|below| below.value().as_element().is_some_and(|e| e.name.local == local_name!("h1")))
}

fn is_boilerplate(element: &Element, in_article: bool) -> bool {
    if !is_html(element) {
        return false;
    }
    match element.name.local {
        local_name!("nav") | local_name!("aside") | local_name!("dialog") => return true,
        local_name!("header") | local_name!("footer") if !in_article => return true,
        local_name!("body") | local_name!("html") | local_name!("main") | local_name!("article") => {
            return false;
        }
        _ => {}
    }
    let get = |name: &str| attribute(element, &LocalName::from(name));
    if get("hidden").is_some() || get("aria-hidden") == Some("true") {
        return true;
    }
    if get("role").is_some_and(|role| ROLES.contains(&role)) {
        return true;
    }
    if get("style").is_some_and(is_invisible) {
        return true;
    }
    let words = get("class").unwrap_or_default().split_ascii_whitespace().chain(get("id"));
    words
        .map(str::to_ascii_lowercase)
        .any(|word| WORDS.binary_search(&word.replace('_', "-").as_str()).is_ok())
}

fn is_invisible(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order() {
        assert!(WORDS.is_sorted() && ROLES.is_sorted());
    }
}
