//! What a person types as a seed.

use super::MAX_HREF;
use crate::outcome::Reason;
use url::{Host, Url};

/// Why a text is no seed. Its words say what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// Nothing but white space.
    #[error("it is empty: write a URL such as https://example.com/")]
    Empty,
    /// Longer than anything that is fetched.
    #[error("it is longer than {MAX_HREF} bytes: write a URL such as https://example.com/")]
    TooLong,
    /// A scheme that is not fetched.
    #[error("`{text}` begins with `{scheme}:`, and only http and https are fetched: write https://...")]
    Scheme {
        /// The text.
        text: String,
        /// Its scheme.
        scheme: String,
    },
    /// A user's name, or a password.
    #[error(
        "the URL holds a user's name or password, which would show in every list: leave it out, and put it \
         in request.basic_auth (`{host}` is the host)"
    )]
    UserInfo {
        /// The host that was meant. The text itself is not repeated, for the password's sake.
        host: String,
    },
    /// No host.
    #[error("`{0}` names no host: write a URL such as https://example.com/page")]
    NoHost(String),
    /// One word, which is more often a slip than a host.
    #[error("`{0}` is one word, not a host with a dot: if it is a host, write https://{0}")]
    OneWord(String),
    /// Not a URL.
    #[error("`{text}` is no URL ({cause}): write one such as https://example.com/page")]
    NotUrl {
        /// The text.
        text: String,
        /// What the URL parser says.
        cause: url::ParseError,
    },
}

impl SeedError {
    /// The reason under which it is counted.
    pub fn reason(&self) -> Reason {
        match self {
            SeedError::Scheme { .. } => Reason::Scheme,
            SeedError::TooLong => Reason::TooLong,
            _ => Reason::BadUrl,
        }
    }
}

/// Parses what a person typed as a seed: http or https. A bare host, with or without a port and a
/// path, gets `https://` in front; `localhost` and IP addresses get `http://`.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn seed(text: &str) -> Result<Url, String> {
    parse_seed(text).map_err(|error| error.to_string())
}

/// [`seed`], with the error as a value.
///
/// # Errors
/// [`SeedError`].
pub fn parse_seed(text: &str) -> Result<Url, SeedError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(SeedError::Empty);
    }
    if text.len() > MAX_HREF {
        return Err(SeedError::TooLong);
    }
    let url = match scheme(text) {
        Some("http" | "https") => parse(text, text)?,
        Some(scheme) => return Err(SeedError::Scheme { text: shown(text), scheme: scheme.to_owned() }),
        None => bare(text)?,
    };
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() {
        return Err(SeedError::NoHost(shown(text)));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SeedError::UserInfo { host: host.to_owned() });
    }
    Ok(url)
}

/// A host without a scheme.
fn bare(text: &str) -> Result<Url, SeedError> {
    let text = text.strip_prefix("//").unwrap_or(text);
    if text.starts_with(['/', '\\', '.', '?', '#', ':']) {
        return Err(SeedError::NoHost(shown(text)));
    }
    let url = parse(&format!("https://{text}"), text)?;
    let local = match url.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    let host = &text[..text.find(['/', '?', '#']).unwrap_or(text.len())];
    if !host.contains(['.', ':', '@']) && !local {
        return Err(SeedError::OneWord(shown(text)));
    }
    if local { parse(&format!("http://{text}"), text) } else { Ok(url) }
}

fn parse(url: &str, text: &str) -> Result<Url, SeedError> {
    Url::parse(url).map_err(|cause| match cause {
        url::ParseError::EmptyHost => SeedError::NoHost(shown(text)),
        cause => SeedError::NotUrl { text: shown(text), cause },
    })
}

/// The text's scheme in lower case, if it has one; `example.com:8080` and `user:word@host` have none.
fn scheme(text: &str) -> Option<&str> {
    const KNOWN: [&str; 18] = [
        "http",
        "https",
        "ftp",
        "ftps",
        "file",
        "mailto",
        "javascript",
        "data",
        "tel",
        "ws",
        "wss",
        "about",
        "blob",
        "view-source",
        "sftp",
        "ssh",
        "gopher",
        "urn",
    ];
    let (scheme, rest) = text.split_once(':')?;
    let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(scheme));
    match known {
        Some(known) if !is_port(rest) => Some(known),
        None if rest.starts_with("//")
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) =>
        {
            Some(scheme)
        }
        _ => None,
    }
}

/// Whether what stands behind the first colon is a port.
fn is_port(rest: &str) -> bool {
    let port = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

/// As much of a text as a message needs.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(100).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_understood() {
        for (text, url) in [
            ("https://example.com/", "https://example.com/"),
            ("  http://Example.com/a b \n", "http://example.com/a%20b"),
            ("example.com", "https://example.com/"),
            ("example.com/x?y=http://z", "https://example.com/x?y=http://z"),
            ("example.com:8443/x", "https://example.com:8443/x"),
            ("//example.com/x", "https://example.com/x"),
            ("b\u{fc}cher.de", "https://xn--bcher-kva.de/"),
            ("localhost:8000", "http://localhost:8000/"),
            ("localhost", "http://localhost/"),
            ("shop.localhost/x", "http://shop.localhost/x"),
            ("127.0.0.2:8080/x", "http://127.0.0.2:8080/x"),
            ("[::1]:8080", "http://[::1]:8080/"),
            ("https://127.0.0.1", "https://127.0.0.1/"),
            ("http://intranet/x", "http://intranet/x"),
            ("box:8000", "https://box:8000/"),
            ("HTTPS://EXAMPLE.com", "https://example.com/"),
        ] {
            assert_eq!(parse_seed(text).map(String::from), Ok(url.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_seed_is_told_why() {
        for (text, reason, says) in [
            ("", Reason::BadUrl, "empty"),
            ("ftp://example.com/", Reason::Scheme, "only http and https"),
            ("mailto:a@example.com", Reason::Scheme, "`mailto:`"),
            ("javascript:alert(1)", Reason::Scheme, "`javascript:`"),
            ("file:///etc/hosts", Reason::Scheme, "`file:`"),
            ("s3://bucket/x", Reason::Scheme, "`s3:`"),
            ("https://me:word@example.com/", Reason::BadUrl, "request.basic_auth"),
            ("me:word@example.com", Reason::BadUrl, "request.basic_auth"),
            ("http://", Reason::BadUrl, "no host"),
            ("/about", Reason::BadUrl, "no host"),
            ("hello", Reason::BadUrl, "https://hello"),
            ("not a url", Reason::BadUrl, "no URL"),
            ("https://exa mple.com", Reason::BadUrl, "no URL"),
            ("https://example.com:99999/", Reason::BadUrl, "port"),
            ("https://[::1/", Reason::BadUrl, "no URL"),
        ] {
            let error = parse_seed(text).expect_err(text);
            assert_eq!(error.reason(), reason, "{text:?}");
            let words = error.to_string();
            assert!(words.contains(says) && !words.contains("word@"), "{text:?}: {words}");
        }
        assert_eq!(parse_seed(&"x".repeat(100_000)).unwrap_err().reason(), Reason::TooLong);
    }
}
