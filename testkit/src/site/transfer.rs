//! How a body is coded and framed on the wire.

use bytes::Bytes;
use std::io::Write;

/// A content coding (RFC 9110 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    /// In the zlib format, as the standard says.
    Deflate,
    /// Bare deflate, as some servers send it.
    RawDeflate,
    Brotli,
    Zstd,
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The connection ends.
    Close,
}

impl Coding {
    /// The name in `Content-Encoding`.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Coding::Identity => None,
            Coding::Gzip => Some("gzip"),
            Coding::Deflate | Coding::RawDeflate => Some("deflate"),
            Coding::Brotli => Some("br"),
            Coding::Zstd => Some("zstd"),
        }
    }

    /// This coding if the client accepts it, else gzip, else none. A coding with `q=0` counts as
    /// not accepted.
    pub(crate) fn agreed(self, accept_encoding: &str) -> Coding {
        let accepts = |name: &str| {
            accept_encoding.split(',').any(|one| {
                let mut parts = one.split(';').map(str::trim);
                let matches = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
                let refused =
                    parts.any(|q| q.strip_prefix("q=").is_some_and(|q| q.parse::<f32>() == Ok(0.0)));
                matches && !refused
            })
        };
        match self.name() {
            None => Coding::Identity,
            Some(name) if accepts(name) => self,
            Some(_) if accepts("gzip") => Coding::Gzip,
            Some(_) => Coding::Identity,
        }
    }

    /// The body in this coding.
    pub(crate) fn encode(self, body: Vec<u8>) -> std::io::Result<Bytes> {
        use flate2::{Compression, write};
        let level = Compression::new(6);
        Ok(Bytes::from(match self {
            Coding::Identity => body,
            Coding::Gzip => {
                let mut to = write::GzEncoder::new(Vec::new(), level);
                to.write_all(&body)?;
                to.finish()?
            }
            Coding::Deflate => {
                let mut to = write::ZlibEncoder::new(Vec::new(), level);
                to.write_all(&body)?;
                to.finish()?
            }
            Coding::RawDeflate => {
                let mut to = write::DeflateEncoder::new(Vec::new(), level);
                to.write_all(&body)?;
                to.finish()?
            }
            Coding::Brotli => {
                let mut out = Vec::new();
                let params = brotli::enc::BrotliEncoderParams { quality: 4, ..Default::default() };
                brotli::BrotliCompress(&mut body.as_slice(), &mut out, &params)?;
                out
            }
            Coding::Zstd => zstd::encode_all(body.as_slice(), 3)?,
        }))
    }
}

/// A body in chunks of uneven length (RFC 9112 7.1).
pub(crate) fn chunked(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 128);
    let (mut rest, mut size) = (body, 700);
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        rest = after;
        size = size * 2 + 1;
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_used_only_where_it_is_accepted() {
        assert_eq!(Coding::Brotli.agreed("gzip, br"), Coding::Brotli);
        assert_eq!(Coding::Brotli.agreed("gzip, br;q=0"), Coding::Gzip);
        assert_eq!(Coding::Zstd.agreed("identity"), Coding::Identity);
        assert_eq!(Coding::Identity.agreed("gzip"), Coding::Identity);
    }

    #[test]
    fn chunks_add_up() {
        let body = vec![b'x'; 5000];
        let wire = chunked(&body);
        assert!(wire.starts_with(b"2bc\r\n") && wire.ends_with(b"\r\n0\r\n\r\n"));
        assert_eq!(wire.iter().filter(|b| **b == b'x').count(), 5000);
    }
}
