//! One spelling for paths and patterns, so that bytes can be compared (RFC 9309 2.2.2).

use std::borrow::Cow;
use std::fmt::Write;

/// What a text is; `*` and `$` mean themselves only in a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A URL's path and query.
    Path,
    /// A rule's pattern, without the `$` that may end it.
    Pattern,
}

/// Percent-encodings with upper-case digits; none where a character means the same without; and
/// one for all that is not ASCII or may not stand in a URL. A literal `*` or `$` is encoded.
pub(super) fn normal(text: &str, of: Of) -> Cow<'_, str> {
    if text.bytes().all(|byte| stands(byte) || (byte == b'*' && of == Of::Pattern)) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len() + 8);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, decoded(bytes, at)) {
            (_, Some(decoded)) => {
                if stands(decoded) && !b"/?#&=+;".contains(&decoded) {
                    out.push(char::from(decoded));
                } else {
                    encode(&mut out, decoded);
                }
                at += 3;
                continue;
            }
            (b'*', None) if of == Of::Pattern => out.push('*'),
            (b'%', None) => out.push('%'),
            (byte, None) if stands(byte) => out.push(char::from(byte)),
            (byte, None) => encode(&mut out, byte),
        }
        at += 1;
    }
    Cow::Owned(out)
}

/// The other spellings of the slashes in a path's query, where there are any: RFC 9309 encodes
/// them, many rules and links do not.
pub(super) fn other_slashes(path: &str) -> Vec<String> {
    let Some((head, query)) = path.split_once('?') else { return Vec::new() };
    if !query.contains('/') && !query.contains("%2F") {
        return Vec::new();
    }
    let plain = query.replace("%2F", "/");
    let encoded = plain.replace('/', "%2F");
    [plain, encoded]
        .into_iter()
        .filter(|other| other != query)
        .map(|other| format!("{head}?{other}"))
        .collect()
}

/// Whether a byte means the same with and without encoding, or is written as it is.
fn stands(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/?#&=+;:@!,()'[]".contains(&byte)
}

fn decoded(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |offset: usize| char::from(*bytes.get(at + offset)?).to_digit(16);
    if bytes[at] != b'%' {
        return None;
    }
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

fn encode(out: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(out, "%{byte:02X}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for (from, to) in [
            ("/plain/a?b=c&d", "/plain/a?b=c&d"),
            ("/%7ejoe/%61", "/~joe/a"),
            ("/%2f%3f%26", "/%2F%3F%26"),
            ("/\u{e9} <|>", "/%C3%A9%20%3C%7C%3E"),
            ("/a:b%3ab[%5b]%27", "/a:b:b[[]'"),
            ("/100%/%zz", "/100%/%zz"),
            ("/a*b$", "/a%2Ab%24"),
        ] {
            assert_eq!(normal(from, Of::Path), to);
            assert_eq!(normal(&normal(from, Of::Path), Of::Path), to, "twice");
        }
        assert_eq!(normal("/a*b$c%2a", Of::Pattern), "/a*b%24c%2A");
        assert!(matches!(normal("/a*b", Of::Pattern), Cow::Borrowed(_)));
    }

    #[test]
    fn slashes_in_a_query_have_two() {
        assert_eq!(other_slashes("/a/b"), [""; 0]);
        assert_eq!(other_slashes("/a?b"), [""; 0]);
        assert_eq!(other_slashes("/a?u=//b"), ["/a?u=%2F%2Fb"]);
        assert_eq!(other_slashes("/a?u=%2F/b"), ["/a?u=//b", "/a?u=%2F%2Fb"]);
    }
}
