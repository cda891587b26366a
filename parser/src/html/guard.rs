//! Between tokenizer and tree builder: keeps hostile pages from costing more than they should.

use super::Bounds;
use super::sink::Sink;
use super::tokenizer::Receiver;
use html5ever::tokenizer::{EndTag, StartTag, Tag, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::TreeBuilder;
use html5ever::{LocalName, local_name};
use scraper::Html;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Tokens between two looks at the clock.
const TICK: u32 = 1024;

type Result = TokenSinkResult<ego_tree::NodeId>;

/// Lets tokens through to the tree builder. Its cost grows with the depth of the open elements, so
/// that at the greatest depth an element is closed as soon as it opens, and its end tag is dropped.
pub struct Guard {
    builder: TreeBuilder<ego_tree::NodeId, Sink>,
    bounds: Bounds,
    deadline: Instant,
    cut: Cell<Option<&'static str>>,
    tokens: Cell<u32>,
    /// Start tags less end tags: never less than the depth, as long as nothing is deeper than that.
    nesting: Cell<u32>,
    /// Elements that were closed as soon as they opened, and whose end tags are still to come.
    flattened: Cell<u32>,
    in_noscript: Cell<bool>,
    /// The tokens that there were, and when, as the last look for progress found some.
    progress: Cell<(u32, Instant)>,
}

impl Guard {
    pub fn new(builder: TreeBuilder<ego_tree::NodeId, Sink>, bounds: Bounds, deadline: Instant) -> Self {
        Guard {
            builder,
            bounds,
            deadline,
            cut: Cell::new(None),
            tokens: Cell::new(0),
            nesting: Cell::new(0),
            flattened: Cell::new(0),
            in_noscript: Cell::new(false),
            progress: Cell::new((0, Instant::now())),
        }
    }

    /// Why no more tokens are let through.
    pub fn cut(&self) -> Option<&'static str> {
        self.cut.get()
    }

    fn look_at_the_clock(&self) {
        if self.cut.get().is_none() && Instant::now() >= self.deadline {
            self.cut.set(Some("parsing took too long"));
        }
    }

    /// Stops where no token came for so long.
    fn look_for_progress(&self, longest: Duration) {
        let (tokens, since) = self.progress.get();
        if tokens != self.tokens.get() {
            self.progress.set((self.tokens.get(), Instant::now()));
        } else if self.cut.get().is_none() && since.elapsed() >= longest {
            self.cut.set(Some("one tag took too long"));
        }
    }

    pub fn finish(self) -> Html {
        self.builder.sink.into_html()
    }

    fn start(&self, tag: Tag) -> Result {
        if tag.name == local_name!("noscript") {
            self.in_noscript.set(true);
        } else if tag.name == local_name!("base") && self.in_noscript.get() {
            // A browser that runs scripts does not see it, and it would move every link.
            return TokenSinkResult::Continue;
        }
        if has_no_end(&tag.name) {
            return self.pass(Token::TagToken(tag));
        }
        if self.flattened.get() == 0 && !self.is_deep() {
            self.nesting.set(self.nesting.get() + 1);
            return self.pass(Token::TagToken(tag));
        }
        let end = Tag {
            kind: EndTag,
            name: tag.name.clone(),
            self_closing: false,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
        };
        self.flattened.set(self.flattened.get() + 1);
        let result = self.pass(Token::TagToken(tag));
        // An end tag asks nothing of the tokenizer.
        let _ = self.pass(Token::TagToken(end));
        result
    }

    fn end_tag(&self, tag: Tag) -> Result {
        if tag.name == local_name!("noscript") {
            self.in_noscript.set(false);
        }
        if !has_no_end(&tag.name) {
            if self.flattened.get() > 0 {
                self.flattened.set(self.flattened.get() - 1);
                return TokenSinkResult::Continue;
            }
            self.nesting.set(self.nesting.get().saturating_sub(1));
        }
        self.pass(Token::TagToken(tag))
    }

    /// Measures the true depth only where the count of tags, which sees no implied end tags, says so.
    fn is_deep(&self) -> bool {
        if self.nesting.get() < self.bounds.depth {
            return false;
        }
        self.nesting.set(self.builder.sink.depth());
        self.nesting.get() >= self.bounds.depth
    }

    fn pass(&self, token: Token) -> Result {
        self.builder.process_token(token, 1)
    }
}

impl TokenSink for Guard {
    type Handle = ego_tree::NodeId;

    fn process_token(&self, token: Token, _line: u64) -> Result {
        if self.cut.get().is_some() && token != Token::EOFToken {
            return TokenSinkResult::Continue;
        }
        if matches!(token, Token::ParseError(_)) {
            return TokenSinkResult::Continue;
        }
        let tokens = self.tokens.get() + 1;
        self.tokens.set(tokens);
        if tokens.is_multiple_of(TICK) {
            self.look_at_the_clock();
        }
        if self.builder.sink.nodes() > self.bounds.nodes {
            self.cut.set(Some("too many nodes"));
        }
        match token {
            Token::TagToken(tag) if tag.kind == StartTag => self.start(tag),
            Token::TagToken(tag) => self.end_tag(tag),
            other => self.pass(other),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

impl Receiver for Guard {
    fn is_over(&self) -> bool {
        self.cut.get().is_some()
    }

    fn look_at_the_clock(&self) {
        Guard::look_at_the_clock(self);
        self.look_for_progress(self.bounds.one_token);
    }
}

/// Void elements, and those whose end the tokenizer finds by itself.
fn has_no_end(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("basefont")
            | local_name!("bgsound")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("frame")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("image")
            | local_name!("input")
            | local_name!("keygen")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
            | local_name!("script")
            | local_name!("style")
            | local_name!("title")
            | local_name!("textarea")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("plaintext")
            | local_name!("html")
            | local_name!("head")
            | local_name!("body")
    )
}
