//! Going through a page's tree: in document order, without recursion, without copies.

use ego_tree::NodeRef;
use html5ever::{LocalName, local_name, ns};
use scraper::Node;
use scraper::node::Element;

/// The node after this one in document order that is inside `top`; `inside` says whether its own
/// children come first.
pub fn next<'a>(node: NodeRef<'a, Node>, top: NodeRef<'a, Node>, inside: bool) -> Option<NodeRef<'a, Node>> {
    if inside && let Some(child) = node.first_child() {
        return Some(child);
    }
    let mut node = node;
    while node.id() != top.id() {
        if let Some(sibling) = node.next_sibling() {
            return Some(sibling);
        }
        node = node.parent()?;
    }
    None
}

/// An attribute without a namespace.
pub fn attribute<'a>(element: &'a Element, name: &LocalName) -> Option<&'a str> {
    let found = element.attrs.iter().find(|(have, _)| have.local == *name && have.ns == ns!());
    found.map(|(_, value)| &**value)
}

/// Whether an element is one of HTML (and not of SVG or MathML).
pub fn is_html(element: &Element) -> bool {
    element.name.ns == ns!(html)
}

/// Adds all text inside a node as it stands, up to `most` bytes. Scripts, styles and templates
/// inside it are left out.
pub fn raw_text(top: NodeRef<'_, Node>, most: usize, out: &mut String) {
    each_text(top, |text| {
        let room = most.saturating_sub(out.len());
        out.push_str(&text[..text.floor_char_boundary(room)]);
        out.len() < most
    });
}

/// All text inside a node with white space folded to one space and none at the ends.
pub fn folded_text(top: NodeRef<'_, Node>, most: usize) -> String {
    let mut out = String::new();
    let mut gap = false;
    each_text(top, |text| {
        fold_into(text, &mut gap, &mut out);
        out.len() < most
    });
    out.truncate(out.floor_char_boundary(most));
    out
}

/// Text with white space folded to one space and none at the ends.
pub fn folded(text: &str) -> String {
    let mut out = String::new();
    fold_into(text, &mut false, &mut out);
    out
}

fn fold_into(text: &str, gap: &mut bool, out: &mut String) {
    let mut words = text.split(char::is_whitespace);
    // What comes before the first white space goes on with the word before it.
    if let Some(first) = words.next()
        && !first.is_empty()
    {
        if std::mem::take(gap) && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(first);
    }
    for word in words {
        *gap = true;
        if !word.is_empty() {
            *gap = false;
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
}

fn each_text<'a>(top: NodeRef<'a, Node>, mut text: impl FnMut(&'a str) -> bool) {
    let mut node = top;
    loop {
        let mut inside = true;
        match node.value() {
            Node::Text(found) if !text(&found.text) => return,
            Node::Element(element) => inside = node.id() == top.id() || is_shown(element),
            _ => {}
        }
        match next(node, top, inside) {
            Some(after) => node = after,
            None => return,
        }
    }
}

fn is_shown(element: &Element) -> bool {
    let hidden =
        is_html(element) && matches!(element.name.local, local_name!("script") | local_name!("style"));
    !hidden && !is_pattern(element)
}

/// Whether an element is a template: a pattern for scripts to fill, and no part of the page, unless
/// it is the page's own shadow tree.
pub fn is_pattern(element: &Element) -> bool {
    element.name.local == local_name!("template")
        && is_html(element)
        && !element.attrs.iter().any(|(name, _)| &*name.local == "shadowrootmode")
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn text_is_folded_over_elements() {
        let html = Html::parse_document(
            "<body> \n a<b>b</b> c\u{a0}\u{a0}d <script>no</script><p> e </p>f<i> </i><i>g</i></body>",
        );
        let body = html.tree.root();
        assert_eq!(folded_text(body, 100), "ab c d e f g");
        assert_eq!(folded_text(body, 3), "ab ");
        assert_eq!(folded(" x \t y"), "x y");
        assert_eq!(folded(" \n"), "");
    }
}
