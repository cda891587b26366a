//! Gzip members, written: one record each.

use crate::body::member::SKIP_LENGTHS;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// The most bytes in one stored block of deflate data (RFC 1951 3.2.4).
const STORED_BLOCK: usize = 65_535;

/// How a record is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// As it is: for what is compressed already, where packing costs much and wins nothing.
    Stored,
    /// Deflated, quickly.
    Deflated,
}

/// Writes members. Its compressor's memory is used again and again.
#[derive(Default)]
pub(super) struct Packer {
    deflate: Option<Compress>,
}

impl Packer {
    /// Appends a member that holds these parts one after the other; returns its length.
    pub(super) fn member(&mut self, out: &mut Vec<u8>, packing: Packing, parts: &[&[u8]]) -> u64 {
        let begin = out.len();
        let total: usize = parts.iter().map(|part| part.len()).sum();
        // Magic, deflate, an extra field, no time, no level, an unknown system, 12 bytes of extra.
        out.extend_from_slice(&[0x1f, 0x8b, 8, 1 << 2, 0, 0, 0, 0, 0, 255, 12, 0]);
        out.extend_from_slice(&SKIP_LENGTHS);
        let lengths = out.len();
        out.extend_from_slice(&[0; 8]);
        let data = out.len();
        if packing == Packing::Stored || !self.deflated(out, parts) {
            out.truncate(data);
            stored(out, parts, total);
        }
        let mut crc = Crc::new();
        parts.iter().for_each(|part| crc.update(part));
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&crc.amount().to_le_bytes());
        let len = out.len() - begin;
        // A length that has no room there is left at 0, which means unknown.
        let packed = u32::try_from(len).unwrap_or(0);
        out[lengths..lengths + 4].copy_from_slice(&packed.to_le_bytes());
        out[lengths + 4..data].copy_from_slice(&crc.amount().to_le_bytes());
        len as u64
    }

    /// Whether it went well.
    fn deflated(&mut self, out: &mut Vec<u8>, parts: &[&[u8]]) -> bool {
        let deflate = self.deflate.get_or_insert_with(|| Compress::new(Compression::fast(), false));
        deflate.reset();
        for part in parts {
            let begin = deflate.total_in();
            while let Some(rest) = part.get((deflate.total_in() - begin) as usize..).filter(|r| !r.is_empty())
            {
                out.reserve(rest.len() / 4 + 512);
                if deflate.compress_vec(rest, out, FlushCompress::None).is_err() {
                    return false;
                }
            }
        }
        loop {
            out.reserve(512);
            match deflate.compress_vec(&[], out, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }
}

fn stored(out: &mut Vec<u8>, parts: &[&[u8]], total: usize) {
    out.reserve(total + (total / STORED_BLOCK + 1) * 5 + 8);
    let mut left = total;
    let mut room = open_block(out, &mut left);
    for part in parts {
        let mut part = *part;
        while !part.is_empty() {
            if room == 0 {
                room = open_block(out, &mut left);
            }
            let (now, later) = part.split_at(part.len().min(room));
            out.extend_from_slice(now);
            room -= now.len();
            part = later;
        }
    }
}

/// Writes the head of the next stored block, of as many of the bytes left as it may hold.
fn open_block(out: &mut Vec<u8>, left: &mut usize) -> usize {
    let room = (*left).min(STORED_BLOCK);
    *left -= room;
    // `room` is at most STORED_BLOCK, the largest 16-bit number.
    let len = room as u16;
    out.push(u8::from(*left == 0));
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&(!len).to_le_bytes());
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_packed_comes_out_again() {
        let mut packer = Packer::default();
        let noise: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for len in [0, 1, 5, STORED_BLOCK - 3, STORED_BLOCK - 2, STORED_BLOCK, 2 * STORED_BLOCK, 200_000] {
            for packing in [Packing::Stored, Packing::Deflated, Packing::Deflated] {
                let mut out = vec![7; 3];
                let member = packer.member(&mut out, packing, &[b"ab", &noise[..len], b""]);
                assert_eq!(member as usize, out.len() - 3);
                let mut back = Vec::new();
                flate2::read::GzDecoder::new(&out[3..]).read_to_end(&mut back).unwrap();
                assert_eq!(back, [b"ab", &noise[..len]].concat(), "{len} {packing:?}");
            }
        }
    }
}
