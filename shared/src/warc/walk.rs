//! From member to member: where the records of an object are, and how far it is whole.

use super::WarcError;
use crate::body::member;
use crate::manifest::RecordSpan;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// The gzip members of a segment or object, in order. Members that tell their length are stepped
/// over, others are inflated to find their end. Ends after the first error.
pub fn members(bytes: &[u8]) -> Members<'_> {
    Members { bytes, at: 0 }
}

/// See [`members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Members<'_> {
    type Item = Result<RecordSpan, WarcError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let offset = self.at as u64;
        match skip(rest).or_else(|| measure(rest)) {
            Some(len) => {
                self.at += len;
                Some(Ok(RecordSpan { offset, len: len as u64 }))
            }
            None => {
                self.at = self.bytes.len();
                Some(Err(WarcError(format!("no whole gzip member at byte {offset}"))))
            }
        }
    }
}

/// The length that the first member tells of itself, if it can be true.
fn skip(bytes: &[u8]) -> Option<usize> {
    let header = member::header(bytes).ok()?;
    let len = usize::try_from(header.member?).ok()?;
    let rest = bytes.get(len..)?;
    let fits = len >= header.len + member::TRAILER && (rest.is_empty() || rest.starts_with(&[0x1f, 0x8b]));
    fits.then_some(len)
}

fn measure(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    inflate_away(&mut rest).ok()?;
    Some(bytes.len() - rest.len())
}

/// Reads one member to its end; its check sum and length are right if this succeeds.
fn inflate_away(source: &mut impl BufRead) -> io::Result<u64> {
    io::copy(&mut GzDecoder::new(source), &mut io::sink())
}

/// How many bytes at the beginning of an object are whole gzip members, with the right check
/// sums. What comes after them was torn by a crash. Inflates everything.
///
/// # Errors
/// Only what the source itself reports.
pub fn whole_prefix(source: impl BufRead) -> io::Result<u64> {
    let mut counted = Counted { source, read: 0, error: None };
    let mut whole = 0;
    while !counted.fill_buf()?.is_empty() {
        match inflate_away(&mut counted) {
            Ok(_) => whole = counted.read,
            Err(_) => return counted.error.take().map_or(Ok(whole), Err),
        }
    }
    Ok(whole)
}

/// Counts what is taken, and tells errors of the source from those of the format.
struct Counted<R> {
    source: R,
    read: u64,
    error: Option<io::Error>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let n = available.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.source.fill_buf() {
            Err(e) if e.kind() != io::ErrorKind::Interrupted => {
                let told = io::Error::new(e.kind(), e.to_string());
                self.error = Some(e);
                Err(told)
            }
            other => other,
        }
    }

    fn consume(&mut self, n: usize) {
        self.read += n as u64;
        self.source.consume(n);
    }
}
