//! Blocks: headings, paragraphs, lists, quotes, code.

use super::inline::Inline;
use super::out::{Gap, Out};
use super::shape::Shape;
use super::{escape, fence, table};
use crate::content::view::View;
use crate::tree::attribute;
use ego_tree::NodeRef;
use html5ever::{LocalName, local_name};
use scraper::Node;
use scraper::node::Element;

/// Lists and quotes inside each other; what is deeper stands beside.
const DEEPEST: usize = 12;

/// Writes blocks.
pub struct Blocks<'v, 'a> {
    pub view: &'v View<'a>,
    pub shape: &'v Shape,
    out: Out,
    nested: usize,
    /// In a list, blocks stand closer.
    in_list: bool,
}

impl<'v, 'a> Blocks<'v, 'a> {
    pub fn new(view: &'v View<'a>, shape: &'v Shape, most: usize) -> Self {
        Blocks { view, shape, out: Out::new(most), nested: 0, in_list: false }
    }

    pub fn finish(self) -> String {
        self.out.finish()
    }

    /// A root of the view.
    pub fn root(&mut self, node: NodeRef<'a, Node>) {
        if !self.view.keeps(node) {
            return;
        }
        match node.value() {
            Node::Element(element) if self.shape.is_block(node) => self.block(node, element),
            Node::Element(_) => self.paragraph(&[node]),
            _ => self.flow(node),
        }
    }

    /// A block's children: runs of inline content are paragraphs. As deep as the tree, which is bounded.
    fn flow(&mut self, node: NodeRef<'a, Node>) {
        let mut run = Vec::new();
        for child in self.view.children(node) {
            if self.out.is_full() {
                return;
            }
            match child.value() {
                Node::Element(element) if self.shape.is_block(child) => {
                    self.paragraph(&std::mem::take(&mut run));
                    self.block(child, element);
                }
                _ => run.push(child),
            }
        }
        self.paragraph(&run);
    }

    fn block(&mut self, node: NodeRef<'a, Node>, element: &Element) {
        match element.name.local {
            local_name!("h1") => self.heading(node, 1),
            local_name!("h2") => self.heading(node, 2),
            local_name!("h3") => self.heading(node, 3),
            local_name!("h4") => self.heading(node, 4),
            local_name!("h5") => self.heading(node, 5),
            local_name!("h6") => self.heading(node, 6),
            local_name!("hr") => self.alone("---"),
            local_name!("pre") | local_name!("listing") | local_name!("xmp") => self.code(node),
            local_name!("blockquote") => self.quote(node),
            local_name!("ul") | local_name!("menu") | local_name!("dir") => self.list(node, None),
            local_name!("ol") => {
                let start = attribute(element, &LocalName::from("start")).and_then(|n| n.trim().parse().ok());
                self.list(node, Some(start.unwrap_or(1)));
            }
            // An item without a list.
            local_name!("li") => self.item(node, "- "),
            local_name!("dt") => self.term(node),
            local_name!("table") => match table::table(self.view, self.shape, node) {
                Some(text) => {
                    self.out.gap(Gap::Blank);
                    self.out.put_lines(&text);
                    self.out.gap(Gap::Blank);
                }
                None => self.apart(node),
            },
            // A link around blocks is a paragraph of its own; a heading in it stays one.
            local_name!("a") => self.link(node),
            _ => self.apart(node),
        }
    }

    fn apart(&mut self, node: NodeRef<'a, Node>) {
        self.out.gap(Gap::Blank);
        self.flow(node);
        self.out.gap(Gap::Blank);
    }

    fn inline(&self) -> Inline<'v, 'a> {
        Inline { view: self.view, shape: self.shape }
    }

    fn paragraph(&mut self, nodes: &[NodeRef<'a, Node>]) {
        if nodes.is_empty() {
            return;
        }
        let text = self.inline().text(nodes.iter().copied());
        let text = text.trim_matches([' ', '\n']);
        if !text.is_empty() {
            self.out.gap(if self.in_list { Gap::Line } else { Gap::Blank });
            let lines: Vec<String> =
                text.split('\n').map(|line| escape::line_start(line.trim_start())).collect();
            self.out.put_lines(&lines.join("\n"));
        }
    }

    fn heading(&mut self, node: NodeRef<'a, Node>, level: usize) {
        let text = self.inline().line(node);
        if !text.is_empty() {
            self.alone(&format!("{} {text}", "#".repeat(level)));
        }
    }

    fn link(&mut self, node: NodeRef<'a, Node>) {
        let heading = node.descendants().find_map(|below| match below.value().as_element()?.name.local {
            local_name!("h1") => Some("# "),
            local_name!("h2") => Some("## "),
            local_name!("h3") => Some("### "),
            local_name!("h4") | local_name!("h5") | local_name!("h6") => Some("#### "),
            _ => None,
        });
        let text = self.inline().text(std::iter::once(node));
        let text = text.replace('\n', " ");
        let text = text.trim();
        if !text.is_empty() {
            self.alone(&format!("{}{text}", heading.unwrap_or_default()));
        }
    }

    fn term(&mut self, node: NodeRef<'a, Node>) {
        let text = self.inline().line(node);
        if !text.is_empty() {
            self.alone(&format!("**{}**", text.trim_matches('*')));
        }
    }

    fn alone(&mut self, text: &str) {
        self.out.gap(Gap::Blank);
        self.out.put(text);
        self.out.gap(Gap::Blank);
    }

    fn quote(&mut self, node: NodeRef<'a, Node>) {
        if self.nested >= DEEPEST {
            return self.apart(node);
        }
        let in_list = std::mem::replace(&mut self.in_list, false);
        self.nested += 1;
        self.out.gap(Gap::Blank);
        self.out.enter("", "> ");
        self.flow(node);
        self.out.leave("> ");
        self.out.gap(Gap::Blank);
        self.nested -= 1;
        self.in_list = in_list;
    }

    fn list(&mut self, node: NodeRef<'a, Node>, start: Option<i64>) {
        if self.nested >= DEEPEST {
            return self.apart(node);
        }
        let outer = if self.in_list { Gap::Line } else { Gap::Blank };
        self.out.gap(outer);
        let mut number = start.unwrap_or(0).max(0);
        for child in self.view.children(node) {
            match child.value() {
                Node::Element(element) if element.name.local == local_name!("li") => {
                    let mark = if start.is_some() { format!("{number}. ") } else { "- ".to_owned() };
                    number += 1;
                    self.item(child, &mark);
                }
                Node::Element(element) if self.shape.is_block(child) => self.block(child, element),
                _ => self.paragraph(&[child]),
            }
        }
        self.out.gap(outer);
    }

    fn item(&mut self, node: NodeRef<'a, Node>, mark: &str) {
        if self.inline().is_empty(node) {
            return;
        }
        self.out.gap(Gap::Line);
        let indent = " ".repeat(mark.len());
        let in_list = std::mem::replace(&mut self.in_list, true);
        self.nested += 1;
        self.out.enter(mark, &indent);
        self.flow(node);
        self.out.leave(&indent);
        self.nested -= 1;
        self.in_list = in_list;
        self.out.close();
        self.out.gap(Gap::Line);
    }

    fn code(&mut self, node: NodeRef<'a, Node>) {
        let text = self.inline().raw(node);
        let text = text.trim_end().trim_start_matches('\n');
        if text.is_empty() {
            return;
        }
        let fence = fence(text, 3);
        self.out.gap(Gap::Blank);
        self.out.put_lines(&format!("{fence}{}\n{text}\n{fence}", language(node).unwrap_or_default()));
        self.out.gap(Gap::Blank);
    }
}

/// The language of a code block, by the classes that highlighters use.
fn language(node: NodeRef<'_, Node>) -> Option<&str> {
    let own = node.value().as_element();
    let inner = node.children().filter_map(|child| child.value().as_element());
    let above = node.parent().and_then(|parent| parent.value().as_element());
    let classes =
        own.into_iter().chain(inner).chain(above).filter_map(|e| attribute(e, &local_name!("class")));
    let mut words = classes.flat_map(str::split_ascii_whitespace);
    let language = words.find_map(|word| {
        ["language-", "lang-", "highlight-source-", "brush:"]
            .iter()
            .find_map(|prefix| word.strip_prefix(prefix))
    })?;
    let fine =
        !language.is_empty() && language.chars().all(|c| c.is_ascii_alphanumeric() || "+#-_.".contains(c));
    fine.then_some(language)
}
