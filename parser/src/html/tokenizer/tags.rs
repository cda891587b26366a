//! Tags and their attributes.

use super::{Mode, Receiver, Tokenizer, ends_name, is_space, references};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{StartTag, Tag, TagKind, Token, TokenSinkResult};
use html5ever::{Attribute, LocalName, QualName, ns};
use memchr::memchr3;
use std::collections::HashSet;

/// Attributes that are compared one by one; beyond, a set knows their names.
const FEW: usize = 16;
/// Attributes between two looks at the clock.
const MANY: u32 = 1024;

/// What a tag has so far.
#[derive(Default)]
struct Attributes {
    list: Vec<Attribute>,
    names: HashSet<LocalName>,
    duplicates: bool,
    seen: u32,
}

impl Attributes {
    /// Of attributes with one name the first counts.
    fn add(&mut self, name: LocalName, value: StrTendril) {
        self.seen = self.seen.wrapping_add(1);
        let is_new = if self.list.len() < FEW {
            self.list.iter().all(|attribute| attribute.name.local != name)
        } else {
            if self.names.is_empty() {
                self.names.extend(self.list.iter().map(|attribute| attribute.name.local.clone()));
            }
            self.names.insert(name.clone())
        };
        if is_new {
            self.list.push(Attribute { name: QualName::new(None, ns!(), name), value });
        } else {
            self.duplicates = true;
        }
    }
}

impl<S: Receiver> Tokenizer<'_, S> {
    /// A tag, from its name on. One that does not end is dropped, and that is the end of the page.
    pub(super) fn tag(&mut self, kind: TagKind, from: usize) {
        let bytes = self.text.as_bytes();
        self.at = bytes.len();
        let Some(length) = bytes[from..].iter().position(|byte| ends_name(*byte)) else { return };
        let name = self.names.get(&self.text[from..from + length]);
        let mut attributes = Attributes::default();
        let Some((end, self_closing)) = self.attributes(&mut attributes, from + length) else { return };
        if kind == StartTag {
            self.last_start = name.clone();
        }
        let tag = Tag {
            kind,
            name,
            self_closing,
            attrs: attributes.list,
            had_duplicate_attributes: attributes.duplicates,
        };
        self.at = end;
        self.mode = match self.sink.process_token(Token::TagToken(tag), 1) {
            TokenSinkResult::Plaintext => Mode::Plaintext,
            TokenSinkResult::RawData(kind) => Mode::Raw(kind),
            // Scripts are not run, and the encoding is known before the page is read.
            TokenSinkResult::Continue
            | TokenSinkResult::Script(_)
            | TokenSinkResult::EncodingIndicator(_) => Mode::Data,
        };
    }

    /// All up to the end of the tag. Tells where the text goes on, and whether the tag closes itself.
    fn attributes(&mut self, attributes: &mut Attributes, mut at: usize) -> Option<(usize, bool)> {
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(at)? {
                b'>' => return Some((at + 1, false)),
                b'/' if bytes.get(at + 1) == Some(&b'>') => return Some((at + 2, true)),
                byte if byte == b'/' || is_space(byte) => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            // An equals sign at its start is part of the name.
            let length = bytes[at + 1..].iter().position(|byte| ends_name(*byte) || *byte == b'=')?;
            let name = self.names.get(&self.text[at..=at + length]);
            at = self.after_spaces(at + 1 + length);
            let mut value = StrTendril::new();
            if *bytes.get(at)? == b'=' {
                at = self.after_spaces(at + 1);
                at = match *bytes.get(at)? {
                    b'>' => at,
                    quote @ (b'"' | b'\'') => self.quoted(&mut value, quote, at + 1)?,
                    _ => self.unquoted(&mut value, at)?,
                };
            }
            attributes.add(name, value);
            if attributes.seen.is_multiple_of(MANY) {
                self.sink.look_at_the_clock();
                if self.sink.is_over() {
                    return None;
                }
            }
        }
    }

    /// A value up to its quote. Tells where the tag goes on.
    fn quoted(&self, value: &mut StrTendril, quote: u8, mut from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut look = from;
        loop {
            let here = look + memchr3(quote, b'&', 0, &bytes[look..])?;
            if bytes[here] == quote {
                self.add_piece(value, from, here);
                return Some(here + 1);
            }
            look = self.replace(value, &mut from, here);
        }
    }

    /// A value up to white space or the end of the tag. Tells where the tag goes on.
    fn unquoted(&self, value: &mut StrTendril, mut from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut look = from;
        loop {
            let ends = |byte: &u8| is_space(*byte) || matches!(byte, b'>' | b'&' | 0);
            let here = look + bytes[look..].iter().position(ends)?;
            if !matches!(bytes[here], b'&' | 0) {
                self.add_piece(value, from, here);
                return Some(here);
            }
            look = self.replace(value, &mut from, here);
        }
    }

    /// Adds what comes before a reference or a NUL character, and what stands for it. Tells where to look on.
    fn replace(&self, value: &mut StrTendril, from: &mut usize, here: usize) -> usize {
        let (first, second, end) = if self.text.as_bytes()[here] == 0 {
            ('\u{fffd}', None, here + 1)
        } else {
            match references::read(self.text, here + 1, true) {
                Some(reference) => (reference.first, reference.second, reference.end),
                None => return here + 1,
            }
        };
        value.push_slice(&self.text[*from..here]);
        value.push_char(first);
        if let Some(second) = second {
            value.push_char(second);
        }
        *from = end;
        end
    }

    fn add_piece(&self, value: &mut StrTendril, from: usize, to: usize) {
        if value.is_empty() {
            *value = self.slice(from, to);
        } else {
            value.push_slice(&self.text[from..to]);
        }
    }
}
