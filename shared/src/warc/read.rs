use crate::manifest::{Manifest, RecordSpan};

/// A WARC record, read back.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its headers, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// Its block.
    pub block: Vec<u8>,
}

/// An archived response, read back.
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
pub fn manifest(_segment: &[u8]) -> Result<Manifest, WarcError> {
    unimplemented!()
}

/// One record of a segment.
///
/// # Errors
/// If there is none at that place.
pub fn record(_segment: &[u8], _span: RecordSpan) -> Result<Record, WarcError> {
    unimplemented!()
}

/// One response of a segment; its payload digest is checked.
///
/// # Errors
/// If there is none at that place, or its bytes are not what was stored.
pub fn response(_segment: &[u8], _span: RecordSpan) -> Result<Response, WarcError> {
    unimplemented!()
}
