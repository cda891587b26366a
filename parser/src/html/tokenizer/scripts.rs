//! Text of scripts. Inside "<!--" a script may hold a script, whose end tag does not end it.

use super::{Receiver, Tokenizer, ends_name};
use html5ever::tokenizer::EndTag;
use memchr::memchr3;

/// How far inside.
enum Inside {
    Script,
    /// After "<!--", whose dashes begin here: "-->" ends it, and may share them.
    Comment(usize),
    /// The same, and after "<script" in it.
    ScriptInComment(usize),
}

impl<S: Receiver> Tokenizer<'_, S> {
    /// A script to its end tag.
    pub(super) fn script(&mut self) {
        let bytes = self.text.as_bytes();
        let mut from = self.at;
        let mut look = from;
        let mut inside = Inside::Script;
        while let Some(found) = memchr3(b'<', b'>', 0, &bytes[look..]) {
            let here = look + found;
            look = here + 1;
            match (bytes[here], &inside) {
                (b'<', Inside::Script) if bytes[look..].starts_with(b"!--") => {
                    inside = Inside::Comment(here + 2);
                    look = here + 4;
                }
                (b'<', Inside::Script | Inside::Comment(_)) if self.end_tag_at(here).is_some() => {
                    self.say(from, here);
                    return self.tag(EndTag, here + 2);
                }
                (b'<', Inside::Comment(dashes)) if bytes.get(look).is_some_and(u8::is_ascii_alphabetic) => {
                    let (after, is_script) = self.word(look);
                    if is_script {
                        inside = Inside::ScriptInComment(*dashes);
                    }
                    look = after;
                }
                (b'<', Inside::ScriptInComment(dashes)) if bytes.get(look) == Some(&b'/') => {
                    let (after, is_script) = self.word(look + 1);
                    if is_script {
                        inside = Inside::Comment(*dashes);
                    }
                    look = after;
                }
                (b'>', Inside::Comment(dashes) | Inside::ScriptInComment(dashes))
                    if bytes[*dashes..here].ends_with(b"--") =>
                {
                    inside = Inside::Script;
                }
                (0, _) => {
                    self.gather(from, here, '\u{fffd}');
                    from = look;
                }
                _ => {}
            }
        }
        self.say(from, bytes.len());
        self.at = bytes.len();
    }

    /// Letters, and where the text goes on after them; whether they are "script", as a tag's name.
    fn word(&self, from: usize) -> (usize, bool) {
        let rest = &self.text.as_bytes()[from..];
        let length = rest.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
        match rest.get(length) {
            Some(after) if ends_name(*after) => {
                (from + length + 1, rest[..length].eq_ignore_ascii_case(b"script"))
            }
            _ => (from + length, false),
        }
    }
}
