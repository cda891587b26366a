//! An answer on its way to the wire.

use super::transfer::{Coding, Framing, chunked};
use bytes::Bytes;
use std::fmt::Write;
use std::time::Duration;

/// An answer, serialised.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub status: u16,
    /// Head and body as they go out.
    pub wire: Bytes,
    /// How long the head is, for HEAD.
    pub head_len: usize,
    /// The connection ends with it.
    pub close: bool,
    /// How long it is held back.
    pub delay: Duration,
}

/// An answer in the making.
pub(crate) struct Draft<'a> {
    pub status: u16,
    pub content_type: &'a str,
    /// Further header lines by name.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub coding: Coding,
    pub framing: Framing,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Draft {
            status: 200,
            content_type: "text/html; charset=utf-8",
            headers: Vec::new(),
            body: Vec::new(),
            coding: Coding::Identity,
            framing: Framing::Length,
        }
    }
}

impl Draft<'_> {
    /// An HTML page.
    pub(crate) fn html(body: String) -> Self {
        Draft { body: body.into_bytes(), ..Draft::default() }
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, location: String) -> Self {
        Draft { status, headers: vec![("Location", location)], ..Draft::default() }
    }

    /// Head and body as they go out.
    pub(crate) fn seal(self) -> Reply {
        let Draft { status, content_type, headers, body, coding, framing } = self;
        let reason = http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason());
        let mut head = format!("HTTP/1.1 {status} {}\r\n", reason.unwrap_or("Unknown"));
        let (status, body, coded) = match coding.encode(body) {
            Ok(coded) => (status, coded, coding.name()),
            Err(error) => (500, Bytes::from(error.to_string()), None),
        };
        // Writing to a String cannot fail.
        let _ = write!(head, "Content-Type: {content_type}\r\n");
        if let Some(name) = coded {
            let _ = write!(head, "Content-Encoding: {name}\r\nVary: Accept-Encoding\r\n");
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let body = match framing {
            Framing::Length => {
                let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
                body.to_vec()
            }
            Framing::Chunked => {
                head.push_str("Transfer-Encoding: chunked\r\n\r\n");
                chunked(&body)
            }
            Framing::Close => {
                head.push_str("Connection: close\r\n\r\n");
                body.to_vec()
            }
        };
        let head_len = head.len();
        let mut wire = head.into_bytes();
        wire.extend_from_slice(&body);
        let close = framing == Framing::Close;
        Reply { status, wire: wire.into(), head_len, close, delay: Duration::ZERO }
    }
}
