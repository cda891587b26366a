//! DOCTYPE.

use super::{Receiver, Tokenizer, is_space};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Doctype, Token};
use memchr::{memchr, memchr2};

impl<S: Receiver> Tokenizer<'_, S> {
    /// What comes after "<!doctype".
    pub(super) fn doctype(&mut self, from: usize) {
        let mut doctype = Doctype::default();
        let after = self.read_doctype(&mut doctype, from);
        // Where it could not be read to its end, all up to the next ">" is passed over.
        doctype.force_quirks |= after.is_err();
        let (Ok(from) | Err(from)) = after;
        self.at =
            memchr(b'>', &self.text.as_bytes()[from..]).map_or(self.text.len(), |found| from + found + 1);
        self.pass(Token::DoctypeToken(doctype));
    }

    /// Tells how far it got; as an error, if that forces quirks.
    fn read_doctype(&self, doctype: &mut Doctype, from: usize) -> Result<usize, usize> {
        let bytes = self.text.as_bytes();
        let from = self.after_spaces(from);
        let length = bytes[from..].iter().position(|byte| is_space(*byte) || *byte == b'>');
        let to = from + length.unwrap_or(bytes.len() - from);
        if from == to {
            return Err(to);
        }
        let name = self.text[from..to].to_ascii_lowercase().replace('\0', "\u{fffd}");
        doctype.name = Some(StrTendril::from(name));
        let at = self.after_spaces(to);
        let Some(next) = bytes.get(at) else { return Err(at) };
        if *next == b'>' {
            return Ok(at);
        }
        let keyword = bytes.get(at..at + 6).unwrap_or_default();
        let system = if keyword.eq_ignore_ascii_case(b"public") {
            let after = self.identifier(&mut doctype.public_id, at + 6)?.ok_or(at + 6)?;
            match self.identifier(&mut doctype.system_id, after)? {
                Some(after) => after,
                None if bytes.get(self.after_spaces(after)) == Some(&b'>') => return Ok(after),
                None => return Err(after),
            }
        } else if keyword.eq_ignore_ascii_case(b"system") {
            self.identifier(&mut doctype.system_id, at + 6)?.ok_or(at + 6)?
        } else {
            return Err(at);
        };
        // What comes after the last identifier is an error, but one without consequences.
        let end = self.after_spaces(system);
        if end < bytes.len() { Ok(end) } else { Err(end) }
    }

    /// A quoted identifier, if one is next. Tells where it ends; as an error, if it does not end.
    fn identifier(&self, id: &mut Option<StrTendril>, from: usize) -> Result<Option<usize>, usize> {
        let bytes = self.text.as_bytes();
        let at = self.after_spaces(from);
        let Some(quote @ (b'"' | b'\'')) = bytes.get(at) else { return Ok(None) };
        let end = memchr2(*quote, b'>', &bytes[at + 1..]).map_or(bytes.len(), |found| at + 1 + found);
        *id = Some(self.clean(at + 1, end));
        if bytes.get(end) == Some(quote) { Ok(Some(end + 1)) } else { Err(end) }
    }
}
