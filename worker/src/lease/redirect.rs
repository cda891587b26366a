//! A redirect, read.

use http::{HeaderMap, header};
use url::Url;

/// Longest URL that a redirect may lead to, in bytes.
const URL_BYTES: usize = 8 << 10;

/// Where an answer redirects to: absolute, without fragment. None if it does not say so in a way
/// that can be followed: no `Location`, none that is a URL, or one that is not http or https.
pub(super) fn target(headers: &HeaderMap, base: &Url) -> Option<Url> {
    // Servers send UTF-8 unescaped; the URL parser escapes it.
    let location = std::str::from_utf8(headers.get(header::LOCATION)?.as_bytes()).ok()?.trim();
    if location.is_empty() || location.len() > URL_BYTES {
        return None;
    }
    let mut to = base.join(location).ok()?;
    to.set_fragment(None);
    let is_web = matches!(to.scheme(), "http" | "https") && to.has_host();
    let has_user = !to.username().is_empty() || to.password().is_some();
    (is_web && !has_user && to.as_str().len() <= URL_BYTES).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(location: &[u8]) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_bytes(location).unwrap());
        target(&headers, &Url::parse("http://example.com/a/b?c").unwrap()).map(String::from)
    }

    #[test]
    fn locations_are_joined() {
        for (location, to) in [
            ("d", "http://example.com/a/d"),
            ("/d", "http://example.com/d"),
            ("?e", "http://example.com/a/b?e"),
            ("//other.example/", "http://other.example/"),
            (" https://other.example/x#y ", "https://other.example/x"),
            ("/\u{e9}", "http://example.com/%C3%A9"),
            ("\\x", "http://example.com/x"),
        ] {
            assert_eq!(read(location.as_bytes()).as_deref(), Some(to), "{location}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_none() {
        let long = format!("/{}", "x".repeat(URL_BYTES));
        for location in [
            "",
            " ",
            "file:///etc/passwd",
            "ftp://example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "mailto:a@example.com",
            "http://",
            "http://user@example.com/",
            "http://[::1",
            &long,
        ] {
            assert_eq!(read(location.as_bytes()), None, "{location}");
        }
        assert_eq!(read(b"/\xff"), None);
        assert_eq!(target(&HeaderMap::new(), &Url::parse("http://example.com/").unwrap()), None);
    }
}
