//! Text between tags, and inside elements that hold no markup.

use super::{LONG, Mode, Receiver, Tokenizer, ends_name, references};
use html5ever::tokenizer::{EndTag, StartTag, Token};
use memchr::{memchr, memchr3};

impl<S: Receiver> Tokenizer<'_, S> {
    /// Text, and what comes after it: a tag, a comment, a declaration or a NUL character.
    pub(super) fn data(&mut self) {
        let bytes = self.text.as_bytes();
        let mut from = self.at;
        let mut look = from;
        while let Some(found) = memchr3(b'<', b'&', 0, &bytes[look..]) {
            let here = look + found;
            look = here + 1;
            match (bytes[here], bytes.get(here + 1)) {
                (b'&', _) => {
                    if let Some(end) = self.reference(from, here) {
                        (from, look) = (end, end);
                    }
                }
                (b'<', Some(next)) if next.is_ascii_alphabetic() => {
                    self.say(from, here);
                    return self.tag(StartTag, here + 1);
                }
                (b'<', Some(b'/')) => match bytes.get(here + 2) {
                    None => {}
                    Some(next) => {
                        self.say(from, here);
                        match next {
                            b'>' => self.at = here + 3,
                            next if next.is_ascii_alphabetic() => self.tag(EndTag, here + 2),
                            _ => self.bogus_comment(here + 2),
                        }
                        return;
                    }
                },
                (b'<', Some(b'!')) => {
                    self.say(from, here);
                    return self.declaration(here + 2);
                }
                (b'<', Some(b'?')) => {
                    self.say(from, here);
                    return self.bogus_comment(here + 1);
                }
                (b'<', _) => {}
                _ => {
                    self.say(from, here);
                    self.pass(Token::NullCharacterToken);
                    self.at = look;
                    return;
                }
            }
        }
        self.say(from, bytes.len());
        self.at = bytes.len();
    }

    /// Text up to the end tag of the element that it stands in.
    pub(super) fn raw(&mut self, references: bool) {
        let bytes = self.text.as_bytes();
        let mut from = self.at;
        let mut look = from;
        let and = if references { b'&' } else { b'<' };
        while let Some(found) = memchr3(b'<', and, 0, &bytes[look..]) {
            let here = look + found;
            look = here + 1;
            match bytes[here] {
                b'<' => {
                    if let Some(name) = self.end_tag_at(here) {
                        self.say(from, here);
                        return self.tag(EndTag, name);
                    }
                }
                b'&' => {
                    if let Some(end) = self.reference(from, here) {
                        (from, look) = (end, end);
                    }
                }
                _ => {
                    self.gather(from, here, '\u{fffd}');
                    from = look;
                }
            }
        }
        self.say(from, bytes.len());
        self.at = bytes.len();
    }

    /// Text to the end.
    pub(super) fn plaintext(&mut self) {
        let bytes = self.text.as_bytes();
        let mut from = self.at;
        while let Some(found) = memchr(0, &bytes[from..]) {
            self.gather(from, from + found, '\u{fffd}');
            from += found + 1;
        }
        self.say(from, bytes.len());
        self.at = bytes.len();
    }

    /// Text of a CDATA section, as it stands.
    pub(super) fn cdata(&mut self) {
        let bytes = self.text.as_bytes();
        let end = memchr::memmem::find(&bytes[self.at..], b"]]>").map(|found| self.at + found);
        let to = end.unwrap_or(bytes.len());
        let mut from = self.at;
        while let Some(found) = memchr(0, &bytes[from..to]) {
            self.say(from, from + found);
            self.pass(Token::NullCharacterToken);
            from += found + 1;
        }
        self.say(from, to);
        self.at = end.map_or(to, |end| end + 3);
        self.mode = Mode::Data;
    }

    /// Where the name begins, if here is the end tag of the element that the text stands in.
    pub(super) fn end_tag_at(&self, here: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (name, length) = (here + 2, self.last_start.len());
        let is_it = length > 0
            && bytes.get(here + 1) == Some(&b'/')
            && bytes.get(name + length).is_some_and(|after| ends_name(*after))
            && bytes[name..name + length].eq_ignore_ascii_case(self.last_start.as_bytes());
        is_it.then_some(name)
    }

    /// Hands over the text gathered and this piece.
    pub(super) fn say(&mut self, mut from: usize, to: usize) {
        if !self.before.is_empty() && to - from <= LONG {
            self.before.push_slice(&self.text[from..to]);
            return self.say_gathered();
        }
        self.say_gathered();
        while to - from > LONG {
            let end = self.text.floor_char_boundary(from + LONG);
            self.pass(Token::CharacterTokens(self.slice(from, end)));
            self.sink.look_at_the_clock();
            from = end;
        }
        if from < to {
            self.pass(Token::CharacterTokens(self.slice(from, to)));
        }
    }

    fn say_gathered(&mut self) {
        if !self.before.is_empty() {
            let text = std::mem::take(&mut self.before);
            self.pass(Token::CharacterTokens(text));
        }
    }

    /// Keeps this piece and what comes in place of the character after it.
    pub(super) fn gather(&mut self, from: usize, to: usize, then: char) {
        if to - from > LONG {
            self.say(from, to);
        } else {
            self.before.push_slice(&self.text[from..to]);
        }
        self.before.push_char(then);
        if self.before.len() > LONG {
            self.say_gathered();
            self.sink.look_at_the_clock();
        }
    }

    /// Gathers text up to a reference and what it stands for. Tells where the reference ends.
    fn reference(&mut self, from: usize, here: usize) -> Option<usize> {
        let reference = references::read(self.text, here + 1, false)?;
        self.gather(from, here, reference.first);
        if let Some(second) = reference.second {
            self.before.push_char(second);
        }
        Some(reference.end)
    }
}
