use crate::clock::Timestamp;
use crate::ids::{Incarnation, RunId, SegmentId};
use crate::manifest::{RecordSpan, Visit};
use bytes::Bytes;

/// One request and its response, to be archived.
pub struct Exchange<'a> {
    /// The URL asked.
    pub url: &'a str,
    /// When.
    pub at: Timestamp,
    /// The address that answered, if known.
    pub peer: Option<std::net::IpAddr>,
    /// `GET`.
    pub method: &'a str,
    /// The headers sent.
    pub request_headers: &'a http::HeaderMap,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: http::Version,
    /// The status.
    pub status: http::StatusCode,
    /// The headers received.
    pub response_headers: &'a http::HeaderMap,
    /// The body as received (content codings as they were, transfer codings undone).
    pub body: &'a [u8],
    /// Why the body is not whole, if it is not: `length` or `disconnect`.
    pub truncated: Option<&'static str>,
}

/// Builds one segment in memory: warcinfo, then request and response a visit, then the manifest.
pub struct SegmentWriter {}

impl SegmentWriter {
    /// Begins a segment.
    pub fn new(_run: RunId, _segment: SegmentId, _worker: Incarnation, _now: Timestamp) -> Self {
        unimplemented!()
    }

    /// Adds a request and its response; returns where the response record is, and the body's
    /// digest as `sha1:BASE32`. Headers in `secret` (credentials) are written with their values
    /// hidden.
    pub fn exchange(&mut self, _exchange: &Exchange<'_>) -> (RecordSpan, String) {
        unimplemented!()
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        unimplemented!()
    }

    /// Whether nothing but the warcinfo is in it.
    pub fn is_empty(&self) -> bool {
        unimplemented!()
    }

    /// Ends the segment with its manifest.
    pub fn finish(self, _visits: Vec<Visit>) -> Bytes {
        unimplemented!()
    }
}
