//! Comments, what is taken for one, and declarations.

use super::{Mode, Receiver, Tokenizer};
use html5ever::tokenizer::Token;
use memchr::memchr;

impl<S: Receiver> Tokenizer<'_, S> {
    /// What comes after "<!".
    pub(super) fn declaration(&mut self, from: usize) {
        let rest = &self.text.as_bytes()[from..];
        if rest.starts_with(b"--") {
            self.comment(from + 2);
        } else if rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype")) {
            self.doctype(from + 7);
        } else if rest.starts_with(b"[CDATA[")
            && self.sink.adjusted_current_node_present_but_not_in_html_namespace()
        {
            self.mode = Mode::Cdata;
            self.at = from + 7;
        } else {
            self.bogus_comment(from);
        }
    }

    /// Anything up to the next ">".
    pub(super) fn bogus_comment(&mut self, from: usize) {
        let end = memchr(b'>', &self.text.as_bytes()[from..]).map(|found| from + found);
        let to = end.unwrap_or(self.text.len());
        self.at = end.map_or(to, |end| end + 1);
        self.pass(Token::CommentToken(self.clean(from, to)));
    }

    /// A comment ends with "-->" or "--!>"; right at its start, ">" and "->" end it too.
    fn comment(&mut self, from: usize) {
        let bytes = self.text.as_bytes();
        let mut look = from;
        while let Some(found) = memchr(b'>', &bytes[look..]) {
            let here = look + found;
            look = here + 1;
            let inside = &bytes[from..here];
            let to = match inside {
                b"" | b"-" => from,
                _ if inside.ends_with(b"--") => here - 2,
                _ if inside.ends_with(b"--!") => here - 3,
                _ => continue,
            };
            self.at = look;
            return self.pass(Token::CommentToken(self.clean(from, to)));
        }
        // It never ends: what could have begun its end is not part of it.
        let inside = &bytes[from..];
        let less =
            [&b"--!"[..], b"--", b"-"].iter().find(|end| inside.ends_with(end)).map_or(0, |end| end.len());
        self.at = bytes.len();
        self.pass(Token::CommentToken(self.clean(from, bytes.len() - less)));
    }
}
