//! Which elements hold blocks: found once, so that nobody looks down the tree again and again.

use crate::content::view::View;
use crate::tree::is_html;
use ego_tree::{NodeId, NodeRef};
use html5ever::local_name;
use scraper::Node;
use scraper::node::Element;
use std::collections::HashSet;

/// See the module.
pub struct Shape {
    holds_blocks: HashSet<NodeId>,
}

impl Shape {
    pub fn of(view: &View<'_>) -> Self {
        let mut holds_blocks = HashSet::new();
        for (node, element) in view.elements() {
            if is_block(element) {
                // Above one that is known already all are known.
                let _known = node
                    .ancestors()
                    .try_for_each(|above| if holds_blocks.insert(above.id()) { Ok(()) } else { Err(()) });
            }
        }
        Shape { holds_blocks }
    }

    /// Whether a node stands for itself, and not in a line with its neighbours.
    pub fn is_block(&self, node: NodeRef<'_, Node>) -> bool {
        node.value().as_element().is_some_and(is_block) || self.holds_blocks.contains(&node.id())
    }

    /// Whether there are blocks inside a node.
    pub fn holds_blocks(&self, node: NodeRef<'_, Node>) -> bool {
        self.holds_blocks.contains(&node.id())
    }
}

/// Elements that browsers show as blocks (WHATWG HTML 15.3).
fn is_block(element: &Element) -> bool {
    is_html(element)
        && matches!(
            element.name.local,
            local_name!("address")
                | local_name!("article")
                | local_name!("aside")
                | local_name!("blockquote")
                | local_name!("body")
                | local_name!("center")
                | local_name!("dd")
                | local_name!("details")
                | local_name!("dialog")
                | local_name!("dir")
                | local_name!("div")
                | local_name!("dl")
                | local_name!("dt")
                | local_name!("fieldset")
                | local_name!("figcaption")
                | local_name!("figure")
                | local_name!("footer")
                | local_name!("form")
                | local_name!("h1")
                | local_name!("h2")
                | local_name!("h3")
                | local_name!("h4")
                | local_name!("h5")
                | local_name!("h6")
                | local_name!("header")
                | local_name!("hgroup")
                | local_name!("hr")
                | local_name!("html")
                | local_name!("legend")
                | local_name!("li")
                | local_name!("listing")
                | local_name!("main")
                | local_name!("menu")
                | local_name!("nav")
                | local_name!("ol")
                | local_name!("p")
                | local_name!("plaintext")
                | local_name!("pre")
                | local_name!("search")
                | local_name!("section")
                | local_name!("summary")
                | local_name!("table")
                | local_name!("tbody")
                | local_name!("td")
                | local_name!("tfoot")
                | local_name!("th")
                | local_name!("thead")
                | local_name!("tr")
                | local_name!("ul")
                | local_name!("xmp")
        )
}
