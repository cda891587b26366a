//! HTTP heads as they are written into the blocks of `request` and `response` records.

use super::fields::{line, push_uri};
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
    TRANSFER_ENCODING,
};
use http::{StatusCode, Version};

/// Stands for the value of a credential.
const HIDDEN: &[u8] = b"[hidden]";

/// The head of a request: credentials and values marked as sensitive are hidden.
pub(super) fn request(out: &mut Vec<u8>, method: &str, url: &str, version: Version, headers: &HeaderMap) {
    out.clear();
    let (authority, target) = parts(url);
    push_uri(out, method);
    out.push(b' ');
    push_uri(out, if target.is_empty() { "/" } else { target });
    out.extend_from_slice(protocol(version));
    out.extend_from_slice(b"\r\n");
    if !headers.contains_key(HOST) {
        out.extend_from_slice(b"host: ");
        push_uri(out, authority);
        out.extend_from_slice(b"\r\n");
    }
    for (name, value) in headers {
        let secret = value.is_sensitive() || [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name);
        line(out, name.as_str().as_bytes(), if secret { HIDDEN } else { value.as_bytes() });
    }
    out.extend_from_slice(b"\r\n");
}

/// The head of a response whose body is `len` bytes without transfer coding. Header lines that no
/// longer say the truth of that body keep their values under another name, as other archivers do.
pub(super) fn response(
    out: &mut Vec<u8>,
    version: Version,
    status: StatusCode,
    headers: &HeaderMap,
    len: usize,
) {
    out.clear();
    out.extend_from_slice(&protocol(version)[1..]);
    out.push(b' ');
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
    let right = says_length(headers, len);
    for (name, value) in headers {
        let stale = match *name {
            TRANSFER_ENCODING => true,
            CONTENT_LENGTH => !right,
            _ => false,
        };
        if stale {
            out.extend_from_slice(b"x-archive-orig-");
        }
        push_header(out, name, value);
    }
    if !right {
        line(out, CONTENT_LENGTH.as_str().as_bytes(), len.to_string().as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

fn push_header(out: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    line(out, name.as_str().as_bytes(), value.as_bytes());
}

/// Whether the headers hold this content length, and no other.
fn says_length(headers: &HeaderMap, len: usize) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let said = lengths.next().and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse::<usize>().ok());
    said == Some(len) && lengths.next().is_none()
}

/// With a blank in front. HTTP/2 and later have no such line; theirs is written as HTTP/1.1.
fn protocol(version: Version) -> &'static [u8] {
    match version {
        Version::HTTP_09 | Version::HTTP_10 => b" HTTP/1.0",
        _ => b" HTTP/1.1",
    }
}

/// A URL's authority without user and password, and its path with query.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (authority.rsplit_once('@').map_or(authority, |(_, host)| host), target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden_and_the_host_is_named() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Basic c2VjcmV0"));
        headers.insert("cookie", HeaderValue::from_static("a=b"));
        let mut token = HeaderValue::from_static("t0ken");
        token.set_sensitive(true);
        headers.insert("x-token", token);
        headers.insert("accept", HeaderValue::from_static("*/*"));
        let mut out = Vec::new();
        request(&mut out, "GET", "https://me:pw@example.com:8443/a?b#c", Version::HTTP_11, &headers);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "GET /a?b HTTP/1.1\r\nhost: example.com:8443\r\nauthorization: [hidden]\r\n\
             cookie: [hidden]\r\nx-token: [hidden]\r\naccept: */*\r\n\r\n"
        );
    }

    #[test]
    fn a_url_without_a_path_or_with_a_line_break_gives_one_request_line() {
        let mut out = Vec::new();
        request(&mut out, "GET", "http://h", Version::HTTP_2, &HeaderMap::new());
        assert_eq!(out, b"GET / HTTP/1.1\r\nhost: h\r\n\r\n");
        request(&mut out, "GET", "http://h/a\r\nX: y", Version::HTTP_11, &HeaderMap::new());
        assert_eq!(out, b"GET /a%0D%0AX:%20y HTTP/1.1\r\nhost: h\r\n\r\n");
    }

    #[test]
    fn lengths_and_transfer_codings_are_put_right() {
        let mut headers = HeaderMap::new();
        headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        headers.append("content-length", HeaderValue::from_static("9"));
        headers.insert("x-raw", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        let mut out = Vec::new();
        response(&mut out, Version::HTTP_11, StatusCode::OK, &headers, 5);
        assert_eq!(
            out,
            b"HTTP/1.1 200 OK\r\nx-archive-orig-transfer-encoding: chunked\r\n\
              x-archive-orig-content-length: 9\r\nx-raw: caf\xe9\r\ncontent-length: 5\r\n\r\n"
        );
        headers.remove("transfer-encoding");
        headers.remove("x-raw");
        response(&mut out, Version::HTTP_10, StatusCode::NOT_FOUND, &headers, 9);
        assert_eq!(out, b"HTTP/1.0 404 Not Found\r\ncontent-length: 9\r\n\r\n");
    }
}
