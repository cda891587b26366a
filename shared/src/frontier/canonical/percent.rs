//! Percent-encodings, normalised as RFC 3986 6.2.2.1 and 6.2.2.2 say.

use std::borrow::Cow;

/// Upper-case digits, and unreserved characters without their encoding. Nothing else is decoded,
/// and a `%` that begins no encoding stays as it is. Borrowed if nothing changes.
pub(super) fn normalise(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = text[from..].find('%').map(|i| from + i) {
        match triplet(&bytes[at..]) {
            Some(byte) if is_unreserved(byte) || has_lower_digit(&bytes[at + 1..at + 3]) => {
                return Cow::Owned(rebuild(text, at));
            }
            Some(_) => from = at + 3,
            None => from = at + 1,
        }
    }
    Cow::Borrowed(text)
}

/// The same, where all before `from` is normal already.
fn rebuild(text: &str, mut from: usize) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..from]);
    while from < bytes.len() {
        match triplet(&bytes[from..]) {
            Some(byte) => {
                if is_unreserved(byte) && !would_encode(out.as_bytes(), byte) {
                    out.push(char::from(byte));
                } else {
                    out.push('%');
                    out.push(char::from(bytes[from + 1].to_ascii_uppercase()));
                    out.push(char::from(bytes[from + 2].to_ascii_uppercase()));
                }
                from += 3;
            }
            None => {
                let next = text[from + 1..].find('%').map_or(bytes.len(), |i| from + 1 + i);
                out.push_str(&text[from..next]);
                from = next;
            }
        }
    }
    out
}

/// Whether a digit put behind a stray `%` would make an encoding of what was none: `%%34%31`
/// means `%41`, not `A`.
fn would_encode(before: &[u8], byte: u8) -> bool {
    let stray = match before {
        [.., b'%'] => true,
        [.., b'%', digit] => digit.is_ascii_hexdigit(),
        _ => false,
    };
    stray && byte.is_ascii_hexdigit()
}

/// The byte that an encoding at the beginning of `bytes` stands for.
pub(super) fn triplet(bytes: &[u8]) -> Option<u8> {
    match *bytes {
        [b'%', high, low, ..] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn has_lower_digit(digits: &[u8]) -> bool {
    digits.iter().any(u8::is_ascii_lowercase)
}

/// RFC 3986 2.3.
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// The bytes that a parameter's name stands for (`application/x-www-form-urlencoded`).
pub(super) fn decode_name(name: &str) -> Vec<u8> {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match triplet(&bytes[at..]) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::normalise;
    use std::borrow::Cow;

    #[test]
    fn only_what_is_the_same_by_rfc_3986_changes() {
        for (from, to) in [
            ("/a%7Eb", "/a~b"),
            ("/%61%2d%2E%5f", "/a-._"),
            ("/a%2fb%3fc%23%25%2b", "/a%2Fb%3Fc%23%25%2B"),
            ("/%C3%A9%c3%a9", "/%C3%A9%C3%A9"),
            ("/%2541", "/%2541"),
            ("/%%34%31", "/%%341"),
            ("/%4%31", "/%4%31"),
            ("/%%7e", "/%~"),
            ("/100%", "/100%"),
            ("/%zz%4", "/%zz%4"),
        ] {
            assert_eq!(normalise(from), to);
            assert_eq!(normalise(&normalise(from)), to, "twice");
        }
    }

    #[test]
    fn what_is_normal_is_not_copied() {
        assert!(matches!(normalise("/plain/%2F/100%/%C3%A9"), Cow::Borrowed(_)));
    }
}
