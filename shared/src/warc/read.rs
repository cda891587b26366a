//! Records, read back: our own, and those of other archivers as far as they keep to WARC 1.0 or 1.1.

use super::http_read;
use super::walk::members;
use crate::body::inflate::{self, End, Gauge};
use crate::body::member;
use crate::manifest::{Manifest, RecordSpan};
use flate2::Crc;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING};
use sha1::{Digest, Sha1};
use std::ops::Range;

/// The largest record that is read whatever its ratio, in bytes. A larger one is read where it is
/// not more than [`RATIO`] times its member: large bodies are stored, only bombs are not.
const MAX_RECORD: usize = 64 << 20;

/// Inflated bytes to one, past [`MAX_RECORD`].
const RATIO: usize = 8;

/// The largest head of a record or of an HTTP message, in bytes.
const MAX_HEAD: usize = 1 << 20;

/// A WARC record, read back.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its headers, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// Its block.
    pub block: Vec<u8>,
}

impl Record {
    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// An archived response, read back. Of a page that was run in a browser the body is the document that came of it,
/// and the headers say so.
#[derive(Clone, Debug)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its HTTP headers as archived.
    pub headers: http::HeaderMap,
    /// Its body as received: content codings not undone.
    pub body: Vec<u8>,
}

/// A segment that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("not a segment: {0}")]
pub struct WarcError(pub String);

/// The manifest of a whole segment: its last record.
///
/// # Errors
/// If the bytes are no segment.
pub fn manifest(segment: &[u8]) -> Result<Manifest, WarcError> {
    let last = members(segment).last().ok_or_else(|| wrong("it is empty"))??;
    let raw = Raw::read(segment, last)?;
    if find(&raw.headers, "warc-type") != Some("metadata") {
        return Err(wrong("its last record is no manifest"));
    }
    let manifest: Manifest =
        serde_json::from_slice(&raw.bytes[raw.block]).map_err(|e| WarcError(format!("its manifest: {e}")))?;
    if manifest.version != 1 {
        return Err(WarcError(format!("its manifest has version {}, not 1", manifest.version)));
    }
    Ok(manifest)
}

/// One record of a segment.
///
/// # Errors
/// If there is none at that place.
pub fn record(segment: &[u8], span: RecordSpan) -> Result<Record, WarcError> {
    let Raw { mut bytes, headers, block } = Raw::read(segment, span)?;
    keep(&mut bytes, block);
    Ok(Record { headers, block: bytes })
}

/// One response of a segment; its payload digest is checked. Where the place holds a `conversion` behind the
/// response, that is its body.
///
/// # Errors
/// If there is none at that place, or its bytes are not what was stored.
pub fn response(segment: &[u8], span: RecordSpan) -> Result<Response, WarcError> {
    let Raw { mut bytes, headers: fields, block } = Raw::read(segment, span)?;
    if find(&fields, "warc-type") != Some("response") {
        return Err(wrong("the record is no response"));
    }
    let head = http_read::parse(&bytes[block.clone()], MAX_HEAD)
        .ok_or_else(|| wrong("the record holds no HTTP response"))?;
    keep(&mut bytes, block.start + head.len..block.end);
    let digest = find(&fields, "warc-payload-digest");
    let mut genuine = is_digest_of(digest, &bytes);
    if head.chunked
        && let Some(body) = http_read::unchunk(&bytes)
    {
        // Others keep the chunks; their digests are of either form.
        genuine = genuine || is_digest_of(digest, &body);
        bytes = body;
    }
    if !genuine {
        return Err(wrong("a body is not what its digest says"));
    }
    let mut response = Response { status: head.status, headers: head.headers, body: bytes };
    if let Some(document) = conversion(segment, span)? {
        response.run(document);
    }
    Ok(response)
}

/// The document behind a response, if there is one at its place.
fn conversion(segment: &[u8], span: RecordSpan) -> Result<Option<Vec<u8>>, WarcError> {
    let place =
        usize::try_from(span.offset).ok().zip(usize::try_from(span.offset.saturating_add(span.len)).ok());
    let bytes = place.and_then(|(begin, end)| segment.get(begin..end)).unwrap_or_default();
    // Objects of others may be not packed at all; they have no such pairs.
    if bytes.starts_with(b"WARC/") {
        return Ok(None);
    }
    let Some(second) = members(bytes).nth(1) else { return Ok(None) };
    let Raw { mut bytes, headers: fields, block } = Raw::read(bytes, second?)?;
    if find(&fields, "warc-type") != Some("conversion") {
        return Err(wrong("what stands behind the response is no conversion of it"));
    }
    keep(&mut bytes, block);
    if !is_digest_of(find(&fields, "warc-payload-digest"), &bytes) {
        return Err(wrong("a document is not what its digest says"));
    }
    Ok(Some(bytes))
}

impl Response {
    /// Puts the document that came of it into its place.
    fn run(&mut self, document: Vec<u8>) {
        for stale in [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
            self.headers.remove(stale);
        }
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        self.body = document;
    }
}

fn wrong(what: &str) -> WarcError {
    WarcError(what.to_owned())
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// Cuts a buffer down to a part of it, in place.
fn keep(bytes: &mut Vec<u8>, part: Range<usize>) {
    bytes.truncate(part.end);
    bytes.drain(..part.start);
}

/// Whether a SHA-1 in base 32 or hexadecimal is that of a body. Other digests are believed.
fn is_digest_of(digest: Option<&str>, body: &[u8]) -> bool {
    let Some(stated) = digest.and_then(|d| d.strip_prefix("sha1:")) else { return true };
    let real = Sha1::digest(body);
    let base32 = data_encoding::BASE32.encode(&real);
    stated.eq_ignore_ascii_case(&base32)
        || stated.eq_ignore_ascii_case(&data_encoding::HEXLOWER.encode(&real))
}

/// A record in one piece.
struct Raw {
    bytes: Vec<u8>,
    headers: Vec<(String, String)>,
    block: Range<usize>,
}

impl Raw {
    fn read(segment: &[u8], span: RecordSpan) -> Result<Raw, WarcError> {
        let begin = usize::try_from(span.offset).ok();
        let end = usize::try_from(span.offset.saturating_add(span.len)).ok();
        let bytes = begin
            .zip(end)
            .and_then(|(begin, end)| segment.get(begin..end))
            .ok_or_else(|| wrong("a record lies outside of it"))?;
        // Objects of others may be not packed at all.
        let bytes = if bytes.starts_with(b"WARC/") { bytes.to_vec() } else { unpack(bytes)? };
        Raw::parse(bytes).ok_or_else(|| wrong("a member holds no WARC record"))
    }

    fn parse(bytes: Vec<u8>) -> Option<Raw> {
        let (lines, len) = http_read::lines(&bytes, MAX_HEAD)?;
        let (version, lines) = lines.split_first()?;
        if !version.starts_with(b"WARC/") {
            return None;
        }
        let text = |part: &[u8]| String::from_utf8_lossy(part.trim_ascii()).into_owned();
        let headers: Vec<(String, String)> = lines
            .iter()
            .filter_map(|line| {
                let colon = line.iter().position(|b| *b == b':')?;
                Some((text(&line[..colon]).to_ascii_lowercase(), text(&line[colon + 1..])))
            })
            .collect();
        let block: usize = find(&headers, "content-length")?.parse().ok()?;
        let end = len.checked_add(block).filter(|end| *end <= bytes.len())?;
        Some(Raw { bytes, headers, block: len..end })
    }
}

/// Inflates one member and checks its sums.
fn unpack(member: &[u8]) -> Result<Vec<u8>, WarcError> {
    let header = member::header(member).map_err(|_| wrong("no gzip member at a record's place"))?;
    let max = MAX_RECORD.max(member.len().saturating_mul(RATIO));
    let stated = member::trailer(&member[member.len().saturating_sub(member::TRAILER)..]);
    let mut bytes = Vec::with_capacity(inflate::first_room(member.len(), stated, max));
    let data = &member[header.len..];
    let gauge = Gauge { max, honest: usize::MAX };
    let End::Whole(used) = inflate::shared(|inflater| inflater.run(false, data, &mut bytes, gauge)) else {
        return Err(wrong("a member is damaged, or inflates without end"));
    };
    let mut crc = Crc::new();
    crc.update(&bytes);
    match member::trailer(data.get(used..).unwrap_or_default()) {
        Some(sums) if sums == (crc.sum(), crc.amount()) => Ok(bytes),
        _ => Err(wrong("a member's check sum is wrong")),
    }
}
