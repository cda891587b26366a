//! What stands in one paragraph: text, emphasis, code, links, images. White space is folded.

use super::shape::Shape;
use super::{escape, fence};
use crate::content::urls;
use crate::content::view::View;
use crate::tree::{attribute, next};
use ego_tree::NodeRef;
use html5ever::{LocalName, local_name};
use scraper::Node;
use scraper::node::Element;

/// Bytes of one paragraph, link or cell.
const LONGEST: usize = 1 << 20;

/// See the module.
#[derive(Clone, Copy)]
pub struct Inline<'v, 'a> {
    pub view: &'v View<'a>,
    pub shape: &'v Shape,
}

impl<'a> Inline<'_, 'a> {
    /// The text of some nodes; its ends may be spaces, and a line break is two spaces and a new line.
    pub fn text(&self, nodes: impl Iterator<Item = NodeRef<'a, Node>>) -> String {
        let mut out = String::new();
        for node in nodes {
            self.node(node, &mut out);
        }
        out
    }

    /// What is inside a node, in one line.
    pub fn line(&self, node: NodeRef<'a, Node>) -> String {
        let text = self.text(self.view.children(node));
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether there is nothing to be seen in a node.
    pub fn is_empty(&self, node: NodeRef<'a, Node>) -> bool {
        let mut at = Some(node);
        while let Some(here) = at {
            let kept = self.view.keeps(here);
            let seen = kept
                && match here.value() {
                    Node::Text(text) => !text.trim().is_empty(),
                    Node::Element(element) => {
                        element.name.local == local_name!("img") && urls::image(self.view, element).is_some()
                    }
                    _ => false,
                };
            if seen {
                return false;
            }
            at = next(here, node, kept);
        }
        true
    }

    /// All text inside a node as it stands, `br` as a new line.
    pub fn raw(&self, node: NodeRef<'a, Node>) -> String {
        let mut out = String::new();
        let mut at = Some(node);
        while let Some(here) = at {
            let kept = self.view.keeps(here);
            match here.value() {
                Node::Text(text) if out.len() < LONGEST => out.push_str(text),
                Node::Element(element) if kept && element.name.local == local_name!("br") => out.push('\n'),
                _ => {}
            }
            at = next(here, node, kept);
        }
        out
    }

    fn node(&self, node: NodeRef<'a, Node>, out: &mut String) {
        if out.len() >= LONGEST || !self.view.keeps(node) {
            return;
        }
        match node.value() {
            Node::Text(text) => fold(text, out),
            Node::Element(element) => self.element(node, element, out),
            _ => {}
        }
    }

    fn element(&self, node: NodeRef<'a, Node>, element: &Element, out: &mut String) {
        let inside = || self.text(self.view.children(node));
        match element.name.local {
            local_name!("br") => {
                let kept = out.trim_end_matches(' ').len();
                out.truncate(kept);
                out.push_str("  \n");
            }
            local_name!("b") | local_name!("strong") => wrap("**", &inside(), out),
            local_name!("i") | local_name!("em") => wrap("*", &inside(), out),
            local_name!("del") | local_name!("s") | local_name!("strike") => wrap("~~", &inside(), out),
            local_name!("code") | local_name!("kbd") | local_name!("samp") | local_name!("tt") => {
                code(&self.raw(node), out);
            }
            local_name!("a") => self.link(node, element, out),
            local_name!("img") => self.image(element, out),
            local_name!("input") | local_name!("select") | local_name!("textarea") | local_name!("audio") => {
            }
            local_name!("video") => {}
            _ if self.shape.is_block(node) => {
                fold(" ", out);
                out.push_str(&inside());
                fold(" ", out);
            }
            _ => {
                for child in self.view.children(node) {
                    self.node(child, out);
                }
            }
        }
    }

    fn link(&self, node: NodeRef<'a, Node>, element: &Element, out: &mut String) {
        let get = |name: &str| attribute(element, &LocalName::from(name));
        let href = get("href").unwrap_or_default().trim();
        let inside = self.text(self.view.children(node));
        let mut text = inside.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        // The mark beside a heading that links to itself.
        if href.starts_with('#') && matches!(text.as_str(), "" | "#" | "\\#" | "¶" | "§" | "🔗") {
            return;
        }
        let Some(url) = self.view.url(href) else { return out.push_str(&inside) };
        if text.is_empty() {
            let label = get("aria-label").or_else(|| get("title")).unwrap_or_default();
            fold(label.trim(), &mut text);
        }
        if text.is_empty() {
            return;
        }
        if inside.starts_with([' ', '\n']) {
            fold(" ", out);
        }
        out.push('[');
        out.push_str(&text);
        out.push_str("](");
        out.push_str(&escape::destination(&url));
        out.push_str(&title(get("title"), &text));
        out.push(')');
        if inside.ends_with([' ', '\n']) {
            fold(" ", out);
        }
    }

    fn image(&self, element: &Element, out: &mut String) {
        let Some(url) = urls::image(self.view, element) else { return };
        let mut alt = String::new();
        fold(attribute(element, &local_name!("alt")).unwrap_or_default().trim(), &mut alt);
        out.push_str(&format!("![{alt}]({})", escape::destination(&url)));
    }
}

/// A link's title, where it says more than the link does.
fn title(title: Option<&str>, text: &str) -> String {
    let title = title.unwrap_or_default().split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    match title.is_empty() || title == text || title.len() > 500 {
        true => String::new(),
        false => format!(" \"{}\"", title.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// Adds text with white space folded, escaped.
fn fold(text: &str, out: &mut String) {
    let mut words = text.split(|c: char| c.is_ascii_whitespace()).peekable();
    while let Some(word) = words.next() {
        escape::text(word, out);
        let ends_open = out.is_empty() || out.ends_with([' ', '\n']);
        if words.peek().is_some() && !ends_open {
            out.push(' ');
        } else if words.peek().is_some() && out.is_empty() {
            // A space in front matters to what stands before.
            out.push(' ');
        }
    }
}

/// Emphasis: the mark stands right at the words, and not across line breaks.
fn wrap(mark: &str, inside: &str, out: &mut String) {
    let text = inside.trim_matches([' ', '\n']);
    if inside.starts_with([' ', '\n']) && !out.is_empty() && !out.ends_with([' ', '\n']) {
        out.push(' ');
    }
    if text.is_empty() || text.contains('\n') || text.starts_with(mark) {
        out.push_str(text);
    } else {
        out.push_str(mark);
        out.push_str(text);
        out.push_str(mark);
    }
    if inside.ends_with([' ', '\n']) && !text.is_empty() {
        out.push(' ');
    }
}

fn code(text: &str, out: &mut String) {
    let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return;
    }
    let fence = fence(&text, 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    out.push_str(&format!("{fence}{space}{text}{space}{fence}"));
}
