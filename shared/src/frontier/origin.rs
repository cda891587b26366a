//! A URL's origin and site, as the frontier compares them.

use url::Url;

/// Scheme, name and port; the port only where it is not the scheme's own: `https://example.com`.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Name and port, where http on 80 and https on 443 count as the same: `example.com`,
/// `example.com:8080`. None for a URL without a host.
pub fn host(url: &Url) -> Option<String> {
    let name = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    })
}
