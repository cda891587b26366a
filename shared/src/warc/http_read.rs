//! HTTP heads, and bodies in chunks, as they are read from the blocks of `response` records.

use http::header::{HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use std::borrow::Cow;

/// The head of a response, read.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// The body is in chunks, says the head.
    pub(super) chunked: bool,
    /// Bytes of the head with its empty line.
    pub(super) len: usize,
}

/// Reads a response's head of at most `max` bytes. Header lines that are none are left out.
pub(super) fn parse(bytes: &[u8], max: usize) -> Option<Head> {
    let (lines, len) = lines(bytes, max)?;
    let (first, lines) = lines.split_first()?;
    let mut words = first.strip_prefix(b"HTTP/")?.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let status = std::str::from_utf8(words.nth(1)?).ok()?.parse().ok()?;
    let mut headers = HeaderMap::with_capacity(lines.len().min(64));
    for line in lines {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let name = HeaderName::from_bytes(line[..colon].trim_ascii());
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value)
            && headers.try_append(name, value).is_err()
        {
            break;
        }
    }
    let chunked = headers.get_all(TRANSFER_ENCODING).iter().any(|v| {
        let last = v.as_bytes().rsplit(|b| *b == b',').next().unwrap_or_default();
        last.trim_ascii().eq_ignore_ascii_case(b"chunked")
    });
    Some(Head { status, headers, chunked, len })
}

/// The lines of a head up to its empty line, folded lines joined, and its length with that line.
pub(super) fn lines(bytes: &[u8], max: usize) -> Option<(Vec<Cow<'_, [u8]>>, usize)> {
    let mut lines: Vec<Cow<'_, [u8]>> = Vec::with_capacity(32);
    let mut at = 0;
    let head = &bytes[..bytes.len().min(max)];
    loop {
        let end = at + line_end(head.get(at..)?)?;
        let line = &head[at..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        at = end + 1;
        match (line.first(), lines.last_mut()) {
            (None, None) => return None,
            (None, Some(_)) => return Some((lines, at)),
            (Some(b' ' | b'\t'), Some(folded)) => {
                folded.to_mut().push(b' ');
                folded.to_mut().extend_from_slice(line.trim_ascii());
            }
            _ => lines.push(Cow::Borrowed(line)),
        }
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|b| *b == b'\n')
}

/// Undoes the chunked transfer coding (RFC 9112 7.1), which others leave in. None: it is not there.
pub(super) fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(bytes.len());
    loop {
        let end = line_end(bytes)?;
        let size = bytes[..end].split(|b| *b == b';').next()?;
        let size = std::str::from_utf8(size.trim_ascii()).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        bytes = &bytes[end + 1..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size..)?;
        bytes = bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n"))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_with_odd_lines_is_read() {
        let bytes = b"HTTP/1.1  404\r\nA: 1\n fold\r\nno colon\r\nb\xe9d name: x\r\nC:\xe9\r\n\r\nbody";
        let head = parse(bytes, 1 << 20).unwrap();
        assert_eq!((head.status, head.len, head.chunked), (404, bytes.len() - 4, false));
        assert_eq!(head.headers["a"], "1 fold");
        assert_eq!(head.headers["c"].as_bytes(), b"\xe9");
        assert_eq!(head.headers.len(), 2);
    }

    #[test]
    fn what_is_no_head_is_none() {
        for bytes in
            [&b""[..], b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: 1\r\n", b"HTTP/1.1 abc\r\n\r\n", b"X\n\n"]
        {
            assert!(parse(bytes, 1 << 20).is_none(), "{bytes:?}");
        }
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n", 10).is_none());
    }

    #[test]
    fn chunks_are_joined() {
        assert_eq!(unchunk(b"3;x=y\r\nabc\r\n1\nd\n0\r\n\r\n").unwrap(), b"abcd");
        for broken in [&b"3\r\nab"[..], b"zz\r\n", b"3\r\nabcd\r\n", b"", b"ffffffffffffffff\r\na"] {
            assert!(unchunk(broken).is_none(), "{broken:?}");
        }
    }
}
