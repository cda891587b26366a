//! Which characters a page's bytes stand for: byte order mark, then the HTTP header, then what the
//! page declares, then a guess (WHATWG HTML 13.2.3.2, WHATWG Encoding 4.2).

use crate::prescan;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;

/// Bytes that a guess looks at.
const GUESS_BYTES: usize = 256 * 1024;
/// Bytes in which a declaration is looked for first; most stand there.
const NEAR: usize = 1024;
/// Bytes in which a late declaration is looked for.
const FAR: usize = 64 * 1024;

/// Text, and the encoding it was in.
#[derive(Debug)]
pub struct Text<'a> {
    /// The text; borrowed where it was UTF-8. What cannot be decoded is U+FFFD.
    pub text: Cow<'a, str>,
    /// The encoding.
    pub encoding: &'static Encoding,
}

/// Decodes a page. `content_type` is the header's value, `host` the name of the host, whose ending
/// helps a guess.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, host: Option<&str>) -> Text<'a> {
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (declared(bytes, content_type).unwrap_or_else(|| guess(bytes, host)), 0),
    };
    let (text, _) = encoding.decode_without_bom_handling(&bytes[skip..]);
    Text { text, encoding }
}

fn declared(bytes: &[u8], content_type: Option<&str>) -> Option<&'static Encoding> {
    if let Some(encoding) = content_type.and_then(of_header) {
        return Some(encoding);
    }
    let near = prescan::prescan(&bytes[..bytes.len().min(NEAR)]);
    // A late declaration only matters where there is something to decode.
    near.or_else(|| {
        (bytes.len() > NEAR && !bytes.is_ascii())
            .then(|| prescan::prescan(&bytes[..bytes.len().min(FAR)]))
            .flatten()
    })
}

/// The encoding that a `Content-Type` names. The first parameter that is not empty counts; a value
/// with anything after its closing quote does not.
pub fn of_header(value: &str) -> Option<&'static Encoding> {
    let mut rest = value;
    while let Some(at) = next_parameter(rest) {
        rest = rest[at + 1..].trim_start();
        let (name, after) = rest.split_once(['=', ';'])?;
        if rest.as_bytes().get(name.len()) == Some(&b';') {
            rest = &rest[name.len()..];
            continue;
        }
        let (label, tail) = parameter_value(after)?;
        rest = tail;
        if name.eq_ignore_ascii_case("charset") && !label.is_empty() {
            return Encoding::for_label(label.as_bytes());
        }
    }
    None
}

/// Where the next `;` is.
fn next_parameter(text: &str) -> Option<usize> {
    memchr::memchr(b';', text.as_bytes())
}

/// A parameter's value, and what comes after it. None: nothing sensible can follow.
fn parameter_value(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, tail) = quoted.split_once('"')?;
        let next = tail.trim_start();
        return (next.is_empty() || next.starts_with([';', ','])).then_some((value, tail));
    }
    let end = text.find([';', ',']).unwrap_or(text.len());
    let value = &text[..end];
    // White space before a value is not allowed, and makes it none (WHATWG MIME Sniffing 4.4).
    Some((if value.starts_with(char::is_whitespace) { "" } else { value.trim_end() }, &text[end..]))
}

fn guess(bytes: &[u8], host: Option<&str>) -> &'static Encoding {
    match std::str::from_utf8(bytes) {
        Ok(_) => return UTF_8,
        // Cut in the middle of a character.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => return UTF_8,
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(GUESS_BYTES)], bytes.len() <= GUESS_BYTES);
    let ending = host.and_then(|name| name.rsplit('.').next()).map(str::as_bytes);
    let ending = ending.filter(|e| !e.is_empty() && e.iter().all(u8::is_ascii_lowercase));
    detector.guess(ending, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_source_that_speaks_wins() {
        let page = "<meta charset=iso-8859-2>\u{e9}".as_bytes();
        assert_eq!(decode(page, None, None).encoding.name(), "ISO-8859-2");
        assert_eq!(decode(page, Some("text/html; charset=utf-8"), None).text, "<meta charset=iso-8859-2>é");
        let marked = [b"\xef\xbb\xbf".as_slice(), page].concat();
        assert_eq!(decode(&marked, Some("text/html; charset=koi8-r"), None).encoding, UTF_8);
        assert!(decode(&marked, None, None).text.starts_with("<meta"));
    }

    #[test]
    fn utf8_is_borrowed_and_what_is_broken_is_replaced() {
        assert!(matches!(decode("grün".as_bytes(), None, None).text, Cow::Borrowed(_)));
        assert_eq!(decode(b"a\xffb", Some("x; charset=utf8"), None).text, "a\u{fffd}b");
        assert_eq!(decode(b"gr\xfcn und wei\xdf", None, Some("example.de")).text, "grün und weiß");
        assert_eq!(decode(&"grün".as_bytes()[..3], None, None).text, "gr\u{fffd}");
    }
}
