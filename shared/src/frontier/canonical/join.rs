//! From an attribute of a page to a URL.

use url::Url;

/// The longest `href` that is looked at, in bytes; far above any limit of a job.
pub const MAX_HREF: usize = 64 << 10;

/// An `href` joined with its base as browsers do (WHATWG): white space around it and line breaks
/// within it are dropped. None for what cannot be fetched over http or https: other schemes
/// (`mailto:`, `javascript:`), no host, no URL at all, or longer than [`MAX_HREF`].
pub fn join(base: &Url, href: &str) -> Option<Url> {
    join_encoded(base, href, None)
}

/// [`join`] on a page whose encoding is not UTF-8: there the query's characters are sent in the
/// page's encoding, which `encode` knows.
pub fn join_encoded(base: &Url, href: &str, encode: url::EncodingOverride<'_>) -> Option<Url> {
    if href.len() > MAX_HREF || has_other_scheme(href) {
        return None;
    }
    let encode = encode.filter(|_| !href.is_ascii());
    let parser = Url::options().base_url(Some(base)).encoding_override(encode);
    let url = match parser.parse(href) {
        Err(url::ParseError::EmptyHost) => parser.parse(&with_two_slashes(href)?),
        found => found,
    };
    let url = url.ok()?;
    let fetched = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty());
    fetched.then_some(url)
}

/// `///example.com/x` is `//example.com/x` to the standard, which skips further slashes, and has no
/// host to the `url` crate.
fn with_two_slashes(href: &str) -> Option<String> {
    let plain: String = href.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let plain = plain.trim_matches(|c: char| c <= ' ');
    let rest = plain.trim_start_matches(['/', '\\']);
    (plain.len() - rest.len() > 2).then(|| format!("//{rest}"))
}

/// Spares the parser what is plainly something else, `data:` above all. Odd spellings, such as
/// a line break in the scheme, are left to the parser.
fn has_other_scheme(href: &str) -> bool {
    let href = href.trim_start_matches(|c: char| c <= ' ').as_bytes();
    let Some(end) = href.iter().position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(b))) else {
        return false;
    };
    let (scheme, rest) = href.split_at(end);
    rest[0] == b':'
        && scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && !scheme.eq_ignore_ascii_case(b"http")
        && !scheme.eq_ignore_ascii_case(b"https")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn hrefs_are_read_as_browsers_do() {
        let base = Url::parse("https://example.com/a/b?q=1").unwrap();
        let joined = |href| join(&base, href).map(String::from);
        for (href, to) in [
            (" \n c\t", Some("https://example.com/a/c")),
            ("\u{c}d\r", Some("https://example.com/a/d")),
            ("//other.org", Some("https://other.org/")),
            (" /\n//\\other.org/x", Some("https://other.org/x")),
            ("///", None),
            ("", Some("https://example.com/a/b?q=1")),
            ("#x", Some("https://example.com/a/b?q=1#x")),
            ("?", Some("https://example.com/a/b?")),
            ("..\\c", Some("https://example.com/c")),
            ("ht\ntp://o.org/", Some("http://o.org/")),
            ("HTTP://O.org:80", Some("http://o.org/")),
            ("mailto:a@b.c", None),
            ("javascript:void(0)", None),
            ("java\nscript:void(0)", None),
            ("data:text/html,x", None),
            ("ftp://example.com/", None),
            ("http://", None),
            ("https://exa mple.com/", None),
        ] {
            assert_eq!(joined(href).as_deref(), to, "{href:?}");
        }
        assert_eq!(joined(&"a".repeat(MAX_HREF + 1)), None);
    }

    #[test]
    fn a_query_is_sent_in_the_pages_encoding() {
        let base = Url::parse("http://example.com/").unwrap();
        fn latin(text: &str) -> Cow<'_, [u8]> {
            text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
        }
        let url = join_encoded(&base, "/caf\u{e9}?q=caf\u{e9}", Some(&latin)).unwrap();
        assert_eq!(url.as_str(), "http://example.com/caf%C3%A9?q=caf%E9");
    }
}
