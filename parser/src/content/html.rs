//! The kept part of a page as HTML: no scripts, no handlers, no styles, no comments; URLs absolute.

use super::urls;
use super::view::View;
use ego_tree::NodeRef;
use html5ever::local_name;
use scraper::Node;
use scraper::node::Element;

/// The HTML, up to about `most` bytes; what is cut off is still closed.
pub fn html(view: &View<'_>, most: usize) -> String {
    let mut writer = Writer { view, out: String::new(), most };
    for root in &view.roots {
        writer.node(*root);
        writer.out.push('\n');
    }
    let text = writer.out.trim();
    text.to_owned()
}

struct Writer<'v, 'a> {
    view: &'v View<'a>,
    out: String,
    most: usize,
}

impl<'a> Writer<'_, 'a> {
    /// As deep as the tree, which is bounded.
    fn node(&mut self, node: NodeRef<'a, Node>) {
        if self.out.len() >= self.most || !self.view.keeps(node) {
            return;
        }
        match node.value() {
            Node::Text(text) => {
                let room = self.most - self.out.len();
                escape(&text[..text.floor_char_boundary(room)], false, &mut self.out);
            }
            Node::Element(element) => self.element(node, element),
            _ => self.children(node),
        }
    }

    fn children(&mut self, node: NodeRef<'a, Node>) {
        for child in self.view.children(node) {
            self.node(child);
        }
    }

    fn element(&mut self, node: NodeRef<'a, Node>, element: &Element) {
        let name = element.name();
        // What only wraps the page says nothing of the content.
        if matches!(element.name.local, local_name!("html") | local_name!("body")) {
            return self.children(node);
        }
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in &element.attrs {
            self.attribute(element, &key.local, value);
        }
        self.out.push('>');
        if is_void(name) {
            return;
        }
        self.children(node);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn attribute(&mut self, element: &Element, name: &str, value: &str) {
        let value = match name {
            "src" if element.name.local == local_name!("img") => match urls::image(self.view, element) {
                Some(url) => url,
                None => return,
            },
            "href" | "src" | "poster" | "cite" | "action" | "formaction" | "longdesc" => {
                match self.view.url(value) {
                    Some(url) => url,
                    None => return,
                }
            }
            // Sets of sizes say no more than `src` does.
            "style" | "srcset" | "sizes" | "srcdoc" | "nonce" | "integrity" | "ping" | "background" => return,
            _ if name.starts_with("on") || name.starts_with("data-") || !is_plain(name) => return,
            _ => value.to_owned(),
        };
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&value, true, &mut self.out);
        self.out.push('"');
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

fn is_void(name: &str) -> bool {
    ["area", "br", "col", "hr", "img", "input", "source", "track", "wbr"].contains(&name)
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
