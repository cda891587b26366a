//! A request that waits to be answered, and the answer as the browser wants it.

use crate::{Answer, Asked};
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

/// Bytes that a page may send along with a request.
const MOST_SENT: usize = 1 << 20;

/// A request as the browser shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paused {
    /// What the answer is addressed to.
    pub(crate) request_id: String,
    /// The frame that asks.
    pub(crate) frame_id: String,
    /// `Document`, `Script`, `XHR` and so on.
    pub(crate) resource_type: String,
    request: Request,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    url: String,
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    post_data: Option<String>,
    #[serde(default)]
    has_post_data: bool,
}

impl Paused {
    pub(crate) fn read(params: Value) -> Option<Paused> {
        serde_json::from_value(params).inspect_err(|error| tracing::debug!(%error, "no request")).ok()
    }

    pub(crate) fn url(&self) -> Option<Url> {
        let mut url = Url::parse(&self.request.url).ok()?;
        url.set_fragment(None);
        Some(url)
    }

    pub(crate) fn is_document(&self) -> bool {
        self.resource_type == "Document"
    }

    pub(crate) fn is_get(&self) -> bool {
        self.request.method == "GET"
    }

    /// Whether it needs no network: its bytes are in the URL, or in the browser.
    pub(crate) fn is_inner(&self) -> bool {
        self.request.url.starts_with("data:") || self.request.url.starts_with("blob:")
    }

    /// The request to be made; None: it is one that is not made for pages. Pictures, fonts, films, frames, beacons,
    /// event streams and icons are left out, and methods that ask for more than an answer.
    pub(crate) fn asked(self) -> Option<(String, Asked)> {
        if !matches!(&*self.resource_type, "Script" | "Stylesheet" | "XHR" | "Fetch") {
            return None;
        }
        let url = self.url().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let Request { method, headers: named, post_data, has_post_data, .. } = self.request;
        let (method, body) = match (&*method, post_data) {
            ("GET", _) => (Method::GET, None),
            ("POST", None) if !has_post_data => (Method::POST, None),
            ("POST", Some(text)) if text.len() <= MOST_SENT => (Method::POST, Some(Bytes::from(text))),
            _ => return None,
        };
        let mut headers = HeaderMap::with_capacity(named.len());
        for (name, value) in named {
            let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value));
            if let (Ok(name), Ok(value)) = pair {
                headers.insert(name, value);
            }
        }
        Some((self.request_id, Asked { url, method, headers, body }))
    }
}

/// An answer, as `Fetch.fulfillRequest` takes it. What is said of the body's coding is not true any more.
pub(crate) fn fulfil(request: &str, status: u16, headers: &HeaderMap, body: &[u8]) -> Value {
    const UNTRUE: [HeaderName; 3] =
        [header::CONTENT_ENCODING, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    let lines: Vec<Value> = headers
        .iter()
        .filter(|(name, _)| !UNTRUE.contains(name))
        .map(|(name, value)| json!({ "name": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes()) }))
        .collect();
    json!({
        "requestId": request,
        "responseCode": status,
        "responseHeaders": lines,
        "body": BASE64.encode(body),
    })
}

pub(crate) fn fulfil_with(request: &str, answer: &Answer) -> Value {
    fulfil(request, answer.status.as_u16(), &answer.headers, &answer.body)
}

/// A refusal, as `Fetch.failRequest` takes it.
pub(crate) fn refuse(request: &str) -> Value {
    json!({ "requestId": request, "errorReason": "BlockedByClient" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(kind: &str, method: &str, url: &str) -> Paused {
        let headers = json!({ "X-A": "1", "bad name": "x" });
        let request = json!({ "url": url, "method": method, "headers": headers });
        let params = json!({ "requestId": "1", "frameId": "F", "resourceType": kind, "request": request });
        Paused::read(params).unwrap()
    }

    #[test]
    fn what_a_document_does_not_need_is_not_asked_for() {
        for kind in
            ["Image", "Media", "Font", "Document", "Ping", "EventSource", "Other", "CSPViolationReport"]
        {
            assert!(paused(kind, "GET", "http://a.test/").asked().is_none(), "{kind}");
        }
        for method in ["PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"] {
            assert!(paused("XHR", method, "http://a.test/").asked().is_none(), "{method}");
        }
        for url in ["file:///etc/passwd", "ws://a.test/", "ftp://a.test/", "chrome://version/", "no URL"] {
            assert!(paused("Script", "GET", url).asked().is_none(), "{url}");
        }
        let (id, asked) = paused("Script", "GET", "http://a.test/x.js#y").asked().unwrap();
        assert_eq!((&*id, asked.url.as_str(), asked.headers.len()), ("1", "http://a.test/x.js", 1));
    }

    #[test]
    fn an_answer_says_nothing_of_a_coding_that_is_undone() {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
        headers.insert("content-length", HeaderValue::from_static("3"));
        headers.insert("x-b", HeaderValue::from_static("1"));
        let value = fulfil("7", 200, &headers, b"abc");
        assert_eq!(value["responseHeaders"], json!([{ "name": "x-b", "value": "1" }]));
        assert_eq!(value["body"], "YWJj");
    }
}
