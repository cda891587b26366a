//! The standard's tokenizer (HTML, section 13.2.5) over a whole text: where html5ever's goes from
//! character to character and from state to state, this one goes from one delimiter to the next, and
//! its tokens share the page's text. What it leaves out are parse errors and line numbers.
//!
//! Every look forward ends where the next one begins, so that the time is in proportion to the text.

mod comments;
mod doctype;
mod names;
mod references;
mod scripts;
mod tags;
mod text;

#[cfg(test)]
mod differential;
#[cfg(test)]
mod hostile;

use html5ever::LocalName;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeSink};
use names::Names;
use std::borrow::Cow;

/// Bytes between two looks at the clock, and bytes of text in one token.
const LONG: usize = 64 * 1024;

/// What takes the tokens.
pub trait Receiver: TokenSink {
    /// Whether the rest of the page is of no interest.
    fn is_over(&self) -> bool {
        false
    }

    /// Called now and then: every so many bytes of a page, pieces of a text or attributes of a tag.
    fn look_at_the_clock(&self) {}
}

impl<H: Clone, S: TreeSink<Handle = H>> Receiver for TreeBuilder<H, S> {}

/// What kind of text comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Markup.
    Data,
    /// Text up to the end tag of the element that is open.
    Raw(RawKind),
    /// A CDATA section, which only foreign elements have.
    Cdata,
    /// Text to the end of the page.
    Plaintext,
}

/// A page on its way into tokens.
pub struct Tokenizer<'a, S> {
    sink: &'a S,
    text: &'a str,
    /// The same text, for tokens to share.
    source: StrTendril,
    /// Where the next token begins.
    at: usize,
    mode: Mode,
    last_start: LocalName,
    names: Names,
    /// Text before the next piece of the page, where references were replaced in it.
    before: StrTendril,
}

impl<'a, S: Receiver> Tokenizer<'a, S> {
    /// Takes a text as [`normalized`] gives it, of less than 4 GiB.
    pub fn new(text: &'a str, sink: &'a S) -> Self {
        Tokenizer {
            sink,
            text,
            source: StrTendril::from_slice(text),
            at: 0,
            mode: Mode::Data,
            last_start: LocalName::default(),
            names: Names::default(),
            before: StrTendril::new(),
        }
    }

    /// Begins elsewhere: in a fragment, in the element of this name.
    #[must_use]
    pub fn inside(mut self, mode: Mode, element: &str) -> Self {
        self.mode = mode;
        self.last_start = LocalName::from(element);
        self
    }

    /// Hands all tokens to the sink, and that there are no more.
    pub fn run(mut self) {
        let mut next_look = LONG;
        while self.at < self.text.len() && !self.sink.is_over() {
            if self.at >= next_look {
                self.sink.look_at_the_clock();
                next_look = self.at + LONG;
            }
            match self.mode {
                Mode::Data => self.data(),
                Mode::Raw(RawKind::Rcdata) => self.raw(true),
                Mode::Raw(RawKind::Rawtext) => self.raw(false),
                Mode::Raw(RawKind::ScriptData | RawKind::ScriptDataEscaped(_)) => self.script(),
                Mode::Cdata => self.cdata(),
                Mode::Plaintext => self.plaintext(),
            }
        }
        self.pass(Token::EOFToken);
        self.sink.end();
    }

    /// Hands over a token that asks nothing of the tokenizer.
    fn pass(&self, token: Token) {
        let _: TokenSinkResult<S::Handle> = self.sink.process_token(token, 1);
    }

    /// A piece of the page that shares its memory.
    fn slice(&self, from: usize, to: usize) -> StrTendril {
        match (u32::try_from(from), u32::try_from(to - from)) {
            (Ok(from), Ok(length)) => self.source.subtendril(from, length),
            _ => StrTendril::from_slice(&self.text[from..to]),
        }
    }

    /// Where something else than white space begins.
    fn after_spaces(&self, from: usize) -> usize {
        let rest = &self.text.as_bytes()[from..];
        from + rest.iter().position(|byte| !is_space(*byte)).unwrap_or(rest.len())
    }

    /// A piece of the page without NUL characters.
    fn clean(&self, from: usize, to: usize) -> StrTendril {
        let piece = &self.text[from..to];
        if memchr::memchr(0, piece.as_bytes()).is_none() {
            return self.slice(from, to);
        }
        StrTendril::from(piece.replace('\0', "\u{fffd}"))
    }
}

/// Text as the tokenizer takes it: each line ends with a line feed alone.
pub fn normalized(text: &str) -> Cow<'_, str> {
    let mut rest = text;
    let mut normal = String::new();
    while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
        if normal.is_empty() {
            normal.reserve(text.len());
        }
        normal.push_str(&rest[..at]);
        normal.push('\n');
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    if normal.is_empty() {
        return Cow::Borrowed(text);
    }
    normal.push_str(rest);
    Cow::Owned(normal)
}

/// The standard's white space, once lines are normalized.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b' ')
}

/// What follows a name in a tag.
const fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}
