//! One walk over a page: its links, its metadata, its JSON-LD and microdata, as they stand.

use crate::microdata;
use crate::tree::{attribute, is_html, is_pattern, next};
use ego_tree::NodeRef;
use html5ever::{LocalName, local_name};
use scraper::node::Element;
use scraper::{Html, Node};

/// Links kept of one page; more than that is no page for people.
const MOST_LINKS: usize = 100_000;
/// Other things kept of each kind.
const MOST_FACTS: usize = 1_000;

/// What a page says, borrowed from its tree, in document order.
#[derive(Default)]
pub struct Found<'a> {
    /// Links to follow.
    pub links: Vec<Link<'a>>,
    /// `base href` values.
    pub bases: Vec<&'a str>,
    /// The first `link rel=canonical`.
    pub canonical: Option<&'a str>,
    /// The first title.
    pub title: Option<NodeRef<'a, Node>>,
    /// The language of the whole page.
    pub language: Option<&'a str>,
    /// `meta` elements: name or property, and content.
    pub metas: Vec<(&'a str, &'a str)>,
    /// Scripts of type `application/ld+json`.
    pub jsonld: Vec<NodeRef<'a, Node>>,
    /// Items of microdata that are no property of another one.
    pub microdata: Vec<NodeRef<'a, Node>>,
}

/// A link as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// The attribute's value, without white space at its ends.
    pub href: &'a str,
    /// Its own `rel=nofollow`.
    pub nofollow: bool,
}

/// Walks over a page.
pub fn walk(html: &Html) -> Found<'_> {
    let mut found = Found::default();
    let top = html.tree.root();
    let mut node = top;
    loop {
        let mut inside = true;
        if let Node::Element(element) = node.value() {
            inside = found.element(element, node);
        }
        match next(node, top, inside) {
            Some(after) => node = after,
            None => return found,
        }
    }
}

impl<'a> Found<'a> {
    /// Takes an element in; false: what is inside it is no part of the page.
    fn element(&mut self, element: &'a Element, node: NodeRef<'a, Node>) -> bool {
        let name = &element.name.local;
        if !is_html(element) {
            // SVG has links as well: `<a href>`, formerly `<a xlink:href>`.
            if *name == local_name!("a") {
                self.svg_link(element);
            }
            return true;
        }
        if microdata::is_item(element)
            && attribute(element, &local_name!("itemprop")).is_none()
            && self.microdata.len() < MOST_FACTS
        {
            self.microdata.push(node);
        }
        match *name {
            local_name!("a") | local_name!("area") => {
                if let Some(href) = attribute(element, &local_name!("href")) {
                    self.link(href, has_token(rel(element), "nofollow"));
                }
            }
            local_name!("link") => self.link_element(element),
            local_name!("iframe") | local_name!("frame") => {
                if let Some(src) = attribute(element, &local_name!("src")) {
                    self.link(src, false);
                }
            }
            local_name!("meta") => self.meta(element),
            local_name!("base") => {
                if let Some(href) = attribute(element, &local_name!("href"))
                    && self.bases.len() < MOST_FACTS
                {
                    self.bases.push(href);
                }
            }
            local_name!("title") if self.title.is_none() => self.title = Some(node),
            local_name!("html") if self.language.is_none() => {
                self.language = attribute(element, &local_name!("lang")).map(str::trim);
            }
            local_name!("script") => {
                let kind = attribute(element, &local_name!("type")).unwrap_or_default();
                if is_jsonld(kind) && self.jsonld.len() < MOST_FACTS {
                    self.jsonld.push(node);
                }
            }
            local_name!("template") => return !is_pattern(element),
            _ => {}
        }
        true
    }

    fn link(&mut self, href: &'a str, nofollow: bool) {
        if self.links.len() < MOST_LINKS {
            self.links.push(Link { href: stripped(href), nofollow });
        }
    }

    fn svg_link(&mut self, element: &'a Element) {
        let href = element.attrs.iter().find(|(name, _)| name.local == local_name!("href"));
        if let Some((_, href)) = href {
            self.link(href, false);
        }
    }

    fn link_element(&mut self, element: &'a Element) {
        let Some(href) = attribute(element, &local_name!("href")) else { return };
        let rel = rel(element);
        if has_token(rel, "canonical") && self.canonical.is_none() {
            self.canonical = Some(stripped(href));
        }
        if has_token(rel, "next") || has_token(rel, "prev") {
            self.link(href, has_token(rel, "nofollow"));
        }
    }

    fn meta(&mut self, element: &'a Element) {
        let get = |name: LocalName| attribute(element, &name);
        let Some(content) = get(local_name!("content")) else { return };
        if get(local_name!("http-equiv")).is_some_and(|v| v.trim().eq_ignore_ascii_case("refresh")) {
            if let Some(url) = refresh(content) {
                self.link(url, false);
            }
            return;
        }
        let name = get(local_name!("property")).or_else(|| get(local_name!("name")));
        if let Some(name) = name.map(str::trim).filter(|name| !name.is_empty())
            && self.metas.len() < MOST_FACTS
        {
            self.metas.push((name, content));
        }
    }

    /// The content of the first `meta` of this name, in any case.
    pub fn meta_named(&self, name: &str) -> Option<&'a str> {
        self.metas.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, content)| *content)
    }
}

fn rel(element: &Element) -> &str {
    attribute(element, &local_name!("rel")).unwrap_or_default()
}

/// Whether a list of words has this one, in any case.
pub fn has_token(list: &str, token: &str) -> bool {
    !list.is_empty() && list.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(token))
}

/// Without the white space and control characters at the ends, as a URL is read (WHATWG URL 4.4).
fn stripped(href: &str) -> &str {
    href.trim_matches(|c: char| c <= ' ' || c == '\u{a0}')
}

fn is_jsonld(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/ld+json")
}

/// The URL of a `meta` refresh (WHATWG HTML 4.2.5.3, "shared declarative refresh steps").
pub fn refresh(content: &str) -> Option<&str> {
    let rest = content.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let after_time = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if after_time.len() == rest.len() && !rest.starts_with('.') {
        return None;
    }
    let rest = after_time.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !rest.starts_with([';', ',']) && !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
        return None;
    }
    let space = |text: &'_ str| text.len() - text.trim_start().len();
    let mut rest = &rest[space(rest)..];
    rest = rest.strip_prefix([';', ',']).unwrap_or(rest);
    rest = &rest[space(rest)..];
    if rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("url")) {
        let after = rest[3..].trim_start();
        rest = after.strip_prefix('=').map_or(rest, str::trim_start);
    }
    if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
        rest = &rest[1..];
        rest = rest.split(quote).next().unwrap_or(rest);
    }
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{Bounds, parse};

    #[test]
    fn links_are_found_where_they_may_stand() {
        let page = "<html lang=' en '><head><title>T</title><link rel='prev Nofollow' href=p><link rel=canonical \
            href=c><link rel=stylesheet href=s><meta http-equiv=Refresh content=\"5; URL='r'\"></head>\
            <a href=' a '>x</a><a>y</a><a rel='ugc nofollow' href=b>z</a><map><area href=d></map>\
            <iframe src=e></iframe><svg><a xlink:href=f /></svg><template><a href=g></a></template>\
            <noscript><a href=h></a></noscript>";
        let document = parse(page, Bounds::default());
        let found = walk(&document.html);
        let links: Vec<_> = found.links.iter().map(|l| (l.href, l.nofollow)).collect();
        assert_eq!(
            links,
            [
                ("p", true),
                ("r", false),
                ("a", false),
                ("b", true),
                ("d", false),
                ("e", false),
                ("f", false),
                ("h", false)
            ]
        );
        assert_eq!((found.canonical, found.language), (Some("c"), Some("en")));
    }

    #[test]
    fn refreshes_are_read_as_browsers_do() {
        for (content, url) in [
            ("5;url=x", Some("x")),
            ("5", None),
            ("0; URL=\nx", Some("x")),
            ("3.1, x", Some("x")),
            (".5;x", Some("x")),
            ("soon;url=x", None),
            ("\u{665};url=x", None),
            ("1;url='x'y", Some("x")),
            ("1 urls/a", Some("urls/a")),
        ] {
            assert_eq!(refresh(content), url, "{content}");
        }
    }
}
