//! The named fields of a WARC record, written.

use crate::clock::Timestamp;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Info,
    Request,
    Response,
    Conversion,
    Metadata,
}

impl Kind {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Kind::Info => ("warcinfo", "application/warc-fields"),
            Kind::Request => ("request", "application/http;msgtype=request"),
            Kind::Response => ("response", "application/http;msgtype=response"),
            Kind::Conversion => ("conversion", "text/html; charset=utf-8"),
            Kind::Metadata => ("metadata", "application/json"),
        }
    }
}

/// A record's name among all records.
#[derive(Clone, Copy)]
pub(super) struct RecordId(uuid::Uuid);

impl RecordId {
    pub(super) fn new() -> Self {
        RecordId(crate::random::uuid())
    }
}

/// The head of one record, in a buffer that is used again.
pub(super) struct Fields<'a>(&'a mut Vec<u8>);

impl<'a> Fields<'a> {
    /// Begins with what every record has.
    pub(super) fn begin(out: &'a mut Vec<u8>, kind: Kind, id: RecordId, at: Timestamp) -> Self {
        let (warc_type, content_type) = kind.names();
        out.clear();
        out.extend_from_slice(b"WARC/1.1\r\n");
        let mut fields = Fields(out);
        fields.text("WARC-Type", warc_type);
        fields.id("WARC-Record-ID", id);
        fields.text("WARC-Date", &at.to_rfc3339());
        fields.text("Content-Type", content_type);
        fields
    }

    /// A field whose value holds no line break.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        line(self.0, name.as_bytes(), value.as_bytes());
    }

    /// A field that names a record.
    pub(super) fn id(&mut self, name: &str, id: RecordId) {
        let mut buffer = [0; uuid::fmt::Urn::LENGTH];
        let urn = id.0.urn().encode_lower(&mut buffer);
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": <");
        self.0.extend_from_slice(urn.as_bytes());
        self.0.extend_from_slice(b">\r\n");
    }

    /// A field whose value comes from outside: what would break the line is percent-encoded.
    pub(super) fn uri(&mut self, name: &str, uri: &str) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        push_uri(self.0, uri);
        self.0.extend_from_slice(b"\r\n");
    }

    /// Ends the head of a record with a block of so many bytes.
    pub(super) fn end(mut self, block: usize) {
        self.text("Content-Length", &block.to_string());
        self.0.extend_from_slice(b"\r\n");
    }
}

/// `name: value` and the end of the line.
pub(super) fn line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// A URI as it is, but for white space and control characters.
pub(super) fn push_uri(out: &mut Vec<u8>, uri: &str) {
    for byte in uri.bytes() {
        if byte <= b' ' || byte == 0x7f {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
}
