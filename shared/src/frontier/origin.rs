//! A URL's origin and site, as the frontier compares them.

use publicsuffix::{List, Psl};
use std::sync::LazyLock;
use url::{Host, Position, Url};

/// The public suffix list, <https://publicsuffix.org>; `make public-suffixes` gets it anew. As data, because as
/// code (crate `psl`) it is more than half of what this crate would have to compile.
static SUFFIXES: LazyLock<List> =
    LazyLock::new(|| include_str!("public_suffix_list.dat").parse().unwrap_or_default());

/// Scheme, name and port; the port only where it is not the scheme's own: `https://example.com`.
pub fn origin(url: &Url) -> String {
    match plain_origin(url) {
        Some(origin) => origin.to_owned(),
        None => url.origin().ascii_serialization(),
    }
}

/// The same without a copy, for http and https URLs without user-info, as canonical ones are.
pub(super) fn plain_origin(url: &Url) -> Option<&str> {
    let plain =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    plain.then(|| &url[..Position::BeforePath])
}

/// Name and port, where http on 80 and https on 443 count as the same: `example.com`,
/// `example.com:8080`. None for a URL without a host.
pub fn host(url: &Url) -> Option<String> {
    Some(plain_host(url)?.to_owned())
}

/// The same without a copy.
pub(super) fn plain_host(url: &Url) -> Option<&str> {
    url.has_host().then(|| &url[Position::BeforeHost..Position::AfterPort])
}

/// The registrable domain by the public suffix list: `example.co.uk` of `www.example.co.uk`. The
/// host's own name where there is none: an IP address, `localhost`, a public suffix itself. The
/// port does not matter. None for a URL without a host.
pub fn site(url: &Url) -> Option<&str> {
    let name = url.host_str()?;
    match url.host()? {
        Host::Domain(domain) => Some(registrable(domain).unwrap_or(name)),
        Host::Ipv4(_) | Host::Ipv6(_) => Some(name),
    }
}

/// None for a public suffix itself, and for a name of one label.
fn registrable(domain: &str) -> Option<&str> {
    std::str::from_utf8(SUFFIXES.domain(domain.as_bytes())?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_hosts_and_sites() {
        for (url, is_origin, is_host, is_site) in [
            (
                "https://www.example.co.uk/a",
                "https://www.example.co.uk",
                "www.example.co.uk",
                "example.co.uk",
            ),
            ("http://me:x@a.b.com:81/?q", "http://a.b.com:81", "a.b.com:81", "b.com"),
            ("https://b.com:443#x", "https://b.com", "b.com", "b.com"),
            ("http://b.com:443", "http://b.com:443", "b.com:443", "b.com"),
            ("http://127.0.0.2:8080/", "http://127.0.0.2:8080", "127.0.0.2:8080", "127.0.0.2"),
            ("http://[::1]:8080/", "http://[::1]:8080", "[::1]:8080", "[::1]"),
            ("http://localhost:8080/", "http://localhost:8080", "localhost:8080", "localhost"),
            ("https://me.github.io/", "https://me.github.io", "me.github.io", "me.github.io"),
            ("https://co.uk/", "https://co.uk", "co.uk", "co.uk"),
            ("https://a.b.city.kobe.jp/", "https://a.b.city.kobe.jp", "a.b.city.kobe.jp", "city.kobe.jp"),
            ("https://a.b.c.kobe.jp/", "https://a.b.c.kobe.jp", "a.b.c.kobe.jp", "b.c.kobe.jp"),
            (
                "https://www.xn--85x722f.com.cn/",
                "https://www.xn--85x722f.com.cn",
                "www.xn--85x722f.com.cn",
                "xn--85x722f.com.cn",
            ),
            (
                "https://a.b.xn--55qx5d.cn/",
                "https://a.b.xn--55qx5d.cn",
                "a.b.xn--55qx5d.cn",
                "b.xn--55qx5d.cn",
            ),
            ("https://a.b.invalid/", "https://a.b.invalid", "a.b.invalid", "b.invalid"),
            ("https://www.example.com./", "https://www.example.com.", "www.example.com.", "example.com."),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(origin(&url), is_origin, "{url}");
            assert_eq!(origin(&url), url.origin().ascii_serialization(), "{url}");
            assert_eq!(host(&url).as_deref(), Some(is_host), "{url}");
            assert_eq!(site(&url), Some(is_site), "{url}");
        }
        assert_eq!(host(&Url::parse("mailto:a@b.c").unwrap()), None);
    }
}
