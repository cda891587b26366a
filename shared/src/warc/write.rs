//! Segments, written.

use super::fields::{Fields, Kind, RecordId};
use super::http_head;
use super::pack::{Packer, Packing};
use crate::clock::Timestamp;
use crate::ids::{Incarnation, RunId, SegmentId};
use crate::manifest::{Manifest, RecordSpan, Visit};
use bytes::Bytes;
use http::Version;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use sha1::{Digest, Sha1};

/// The end of every record.
const END: &[u8] = b"\r\n\r\n";

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
    pub request_headers: &'a HeaderMap,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: Version,
    /// The status.
    pub status: http::StatusCode,
    /// The headers received.
    pub response_headers: &'a HeaderMap,
    /// The body as received (content codings as they were, transfer codings undone).
    pub body: &'a [u8],
    /// Why the body is not whole, if it is not: `length` or `disconnect`.
    pub truncated: Option<&'static str>,
    /// The document that a browser made of it, if it was run in one.
    pub rendered: Option<&'a str>,
}

/// Builds one segment in memory: warcinfo, then request and response a visit, then the manifest. Behind the response of a page that was
/// run in a browser stands what became of it, as a `conversion` record.
pub struct SegmentWriter {
    out: Vec<u8>,
    fields: Vec<u8>,
    head: Vec<u8>,
    packer: Packer,
    exchanges: u64,
    run: RunId,
    segment: SegmentId,
    worker: Incarnation,
    begun: Timestamp,
}

impl SegmentWriter {
    /// Begins a segment.
    pub fn new(run: RunId, segment: SegmentId, worker: Incarnation, now: Timestamp) -> Self {
        let mut writer = SegmentWriter {
            out: Vec::new(),
            fields: Vec::new(),
            head: Vec::new(),
            packer: Packer::default(),
            exchanges: 0,
            run,
            segment,
            worker,
            begun: now,
        };
        writer.info();
        writer
    }

    fn info(&mut self) {
        let block = format!(
            "software: Harvestman/{}\r\nformat: WARC File Format 1.1\r\n\
             conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n\
             isPartOf: run-{}\r\n",
            env!("CARGO_PKG_VERSION"),
            self.run,
        );
        Fields::begin(&mut self.fields, Kind::Info, RecordId::new(), self.begun).end(block.len());
        self.packer.member(&mut self.out, Packing::Stored, &[&self.fields, block.as_bytes(), END]);
    }

    /// Adds a request and its response; returns where the response record is, together with the `conversion` that
    /// follows it, if there is one, and the digest of the body (or of the conversion) as `sha1:BASE32`. The values of credentials that were sent (`Authorization`,
    /// `Cookie`, and what is marked as sensitive) are hidden.
    pub fn exchange(&mut self, exchange: &Exchange<'_>) -> (RecordSpan, String) {
        let response = RecordId::new();
        self.request(exchange, response);
        self.exchanges += 1;
        let (span, digest) = self.response(exchange, response);
        let Some(document) = exchange.rendered else { return (span, digest) };
        let (len, digest) = self.conversion(exchange, document, response);
        (RecordSpan { len: span.len + len, ..span }, digest)
    }

    /// What a browser made of a response; returns its length and its digest.
    fn conversion(&mut self, exchange: &Exchange<'_>, document: &str, of: RecordId) -> (u64, String) {
        let digest = digest(document.as_bytes());
        let mut fields = Fields::begin(&mut self.fields, Kind::Conversion, RecordId::new(), exchange.at);
        fields.uri("WARC-Target-URI", exchange.url);
        fields.id("WARC-Refers-To", of);
        fields.text("WARC-Payload-Digest", &digest);
        fields.end(document.len());
        let member = [&self.fields[..], document.as_bytes(), END];
        (self.packer.member(&mut self.out, Packing::Deflated, &member), digest)
    }

    fn request(&mut self, exchange: &Exchange<'_>, response: RecordId) {
        let Exchange { method, url, version, request_headers, .. } = *exchange;
        http_head::request(&mut self.head, method, url, version, request_headers);
        let mut fields = Fields::begin(&mut self.fields, Kind::Request, RecordId::new(), exchange.at);
        common(&mut fields, exchange);
        fields.id("WARC-Concurrent-To", response);
        fields.end(self.head.len());
        self.packer.member(&mut self.out, Packing::Stored, &[&self.fields, &self.head, END]);
    }

    fn response(&mut self, exchange: &Exchange<'_>, id: RecordId) -> (RecordSpan, String) {
        let Exchange { version, status, response_headers, body, .. } = *exchange;
        http_head::response(&mut self.head, version, status, response_headers, body.len());
        let digest = digest(body);
        let mut fields = Fields::begin(&mut self.fields, Kind::Response, id, exchange.at);
        common(&mut fields, exchange);
        fields.text("WARC-Payload-Digest", &digest);
        if let Some(why) = exchange.truncated {
            fields.text("WARC-Truncated", why);
        }
        fields.end(self.head.len() + body.len());
        let offset = self.out.len() as u64;
        let packing = if is_packed(response_headers) { Packing::Stored } else { Packing::Deflated };
        let len = self.packer.member(&mut self.out, packing, &[&self.fields, &self.head, body, END]);
        (RecordSpan { offset, len }, digest)
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing but the warcinfo is in it.
    pub fn is_empty(&self) -> bool {
        self.exchanges == 0
    }

    /// Ends the segment with its manifest.
    pub fn finish(mut self, visits: Vec<Visit>) -> Bytes {
        let manifest =
            Manifest { version: 1, run: self.run, segment: self.segment, worker: self.worker, visits };
        // No map with keys that are not text and no failing Serialize is in a manifest.
        let block = serde_json::to_vec(&manifest).unwrap_or_default();
        let mut fields = Fields::begin(&mut self.fields, Kind::Metadata, RecordId::new(), self.begun);
        fields.text("WARC-Target-URI", &format!("urn:harvestman:segment:{}", self.segment));
        fields.end(block.len());
        self.packer.member(&mut self.out, Packing::Deflated, &[&self.fields, &block, END]);
        Bytes::from(self.out)
    }
}

fn digest(body: &[u8]) -> String {
    format!("sha1:{}", data_encoding::BASE32.encode(&Sha1::digest(body)))
}

/// What request and response say alike.
fn common(fields: &mut Fields<'_>, exchange: &Exchange<'_>) {
    fields.uri("WARC-Target-URI", exchange.url);
    if let Some(peer) = exchange.peer {
        fields.text("WARC-IP-Address", &peer.to_string());
    }
    match exchange.version {
        Version::HTTP_2 => fields.text("WARC-Protocol", "h2"),
        Version::HTTP_3 => fields.text("WARC-Protocol", "h3"),
        _ => {}
    }
}

/// Whether a body is compressed already, by its content coding or by its type.
fn is_packed(headers: &HeaderMap) -> bool {
    let coding = headers.get(CONTENT_ENCODING).map(|v| v.as_bytes().trim_ascii());
    if coding.is_some_and(|c| !c.is_empty() && !c.eq_ignore_ascii_case(b"identity")) {
        return true;
    }
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.split_once('/') {
        Some(("image", kind)) => !matches!(kind, "svg+xml" | "bmp" | "x-icon" | "vnd.microsoft.icon"),
        Some(("video", _)) => true,
        Some(("audio", kind)) => !matches!(kind, "wav" | "x-wav"),
        Some(("font", kind)) => kind.starts_with("woff"),
        Some(("application", kind)) => {
            let packed = ["zip", "gzip", "x-gzip", "zstd", "pdf", "java-archive", "font-woff", "font-woff2"];
            packed.contains(&kind)
                || kind.ends_with("+zip")
                || kind.starts_with("x-7z")
                || kind.starts_with("x-rar")
                || kind.starts_with("x-bzip")
                || kind.starts_with("x-xz")
                || kind.starts_with("vnd.openxmlformats-")
                || kind.starts_with("vnd.oasis.opendocument.")
        }
        _ => false,
    }
}
