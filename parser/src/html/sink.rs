//! The tree as it is built: scraper's own sink, which counts its nodes and keeps no error texts.

use ego_tree::NodeId;
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, QualName};
use scraper::{Html, HtmlTreeSink};
use std::borrow::Cow;
use std::cell::{Cell, Ref};

/// See the module.
pub struct Sink {
    inner: HtmlTreeSink,
    nodes: Cell<u32>,
    last_parent: Cell<Option<NodeId>>,
    /// Where text was added, if nothing was added since: more of it goes into the same node.
    text_in: Cell<Option<NodeId>>,
}

impl Sink {
    /// A sink for a page of so many bytes.
    pub fn new(bytes: usize) -> Self {
        let mut html = Html::new_document();
        // A node to 30 bytes is what pages have; a bound, so that a large page takes it as it comes.
        html.tree = ego_tree::Tree::with_capacity(scraper::Node::Document, (bytes / 30).min(20_000));
        Sink {
            inner: HtmlTreeSink::new(html),
            nodes: Cell::new(0),
            last_parent: Cell::new(None),
            text_in: Cell::new(None),
        }
    }

    /// Nodes so far.
    pub fn nodes(&self) -> u32 {
        self.nodes.get()
    }

    /// Elements above the one that was added last.
    pub fn depth(&self) -> u32 {
        let html = self.inner.0.borrow();
        let parent = self.last_parent.get().and_then(|id| html.tree.get(id));
        parent.map_or(0, |node| u32::try_from(node.ancestors().count()).unwrap_or(u32::MAX))
    }

    pub fn into_html(self) -> Html {
        self.inner.finish()
    }

    fn count(&self) {
        self.text_in.set(None);
        self.nodes.set(self.nodes.get() + 1);
    }

    fn count_text(&self, place: NodeId) {
        if self.text_in.get() != Some(place) {
            self.count();
            self.text_in.set(Some(place));
        }
    }
}

impl TreeSink for Sink {
    type Output = Html;
    type Handle = NodeId;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Html {
        self.into_html()
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.inner.set_quirks_mode(mode);
    }

    fn get_document(&self) -> NodeId {
        self.inner.get_document()
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        self.inner.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        self.count();
        self.inner.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.count();
        self.inner.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.count();
        self.inner.create_pi(target, data)
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.inner.append_doctype_to_document(name, public, system);
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        match &child {
            NodeOrText::AppendNode(_) => self.last_parent.set(Some(*parent)),
            NodeOrText::AppendText(_) => self.count_text(*parent),
        }
        self.inner.append(parent, child);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        if matches!(child, NodeOrText::AppendText(_)) {
            self.count_text(*sibling);
        }
        self.inner.append_before_sibling(sibling, child);
    }

    fn append_based_on_parent_node(&self, node: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        self.inner.append_based_on_parent_node(node, previous, child);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.inner.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.inner.reparent_children(node, new_parent);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attrs: Vec<Attribute>) {
        self.inner.add_attrs_if_missing(target, attrs);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.inner.get_template_contents(target)
    }

    fn mark_script_already_started(&self, node: &NodeId) {
        self.inner.mark_script_already_started(node);
    }
}
