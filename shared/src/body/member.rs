//! The frame of a gzip member (RFC 1952): header and trailer, without what is inside.

/// The extra subfield in which our WARC members tell their own length, so that a reader can step
/// from member to member without inflating: `sl`, 8, length packed, length inflated (RFC 1952 2.3.1.1).
pub(crate) const SKIP_LENGTHS: [u8; 4] = [b's', b'l', 8, 0];

/// Bytes after the deflate data: CRC-32 and length.
pub(crate) const TRAILER: usize = 8;

const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const HEADER_CRC: u8 = 1 << 1;
const RESERVED: u8 = 0b1110_0000;

/// A member's header, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Where the deflate data begins.
    pub(crate) len: usize,
    /// The length of the whole member, where it says so itself.
    pub(crate) member: Option<u64>,
}

/// Why there is no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoMember {
    /// The bytes end too early.
    Short,
    /// It is something else.
    Other,
}

/// Reads a member's header.
pub(crate) fn header(bytes: &[u8]) -> Result<Header, NoMember> {
    let magic = [0x1f, 0x8b, 8];
    if !bytes.starts_with(&magic[..bytes.len().min(3)]) {
        return Err(NoMember::Other);
    }
    let flags = *bytes.get(3).ok_or(NoMember::Short)?;
    if flags & RESERVED != 0 {
        return Err(NoMember::Other);
    }
    let mut at = 10;
    let mut member = None;
    if flags & EXTRA != 0 {
        let len = bytes.get(at..at + 2).ok_or(NoMember::Short)?;
        let len = usize::from(u16::from_le_bytes([len[0], len[1]]));
        let extra = bytes.get(at + 2..at + 2 + len).ok_or(NoMember::Short)?;
        member = skip_length(extra);
        at += 2 + len;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let rest = bytes.get(at..).ok_or(NoMember::Short)?;
            at += rest.iter().position(|b| *b == 0).ok_or(NoMember::Short)? + 1;
        }
    }
    if flags & HEADER_CRC != 0 {
        at += 2;
    }
    if bytes.len() < at { Err(NoMember::Short) } else { Ok(Header { len: at, member }) }
}

fn skip_length(extra: &[u8]) -> Option<u64> {
    let lengths = extra.strip_prefix(&SKIP_LENGTHS)?;
    let packed = u32::from_le_bytes(lengths.get(..4)?.try_into().ok()?);
    (packed > 0).then_some(u64::from(packed))
}

/// The CRC-32 and the length (modulo 2^32) that a trailer states.
pub(crate) fn trailer(bytes: &[u8]) -> Option<(u32, u32)> {
    let crc = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let len = u32::from_le_bytes(bytes.get(4..TRAILER)?.try_into().ok()?);
    Some((crc, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_optional_part_is_stepped_over() {
        let mut bytes = vec![0x1f, 0x8b, 8, EXTRA | NAME | COMMENT | HEADER_CRC, 0, 0, 0, 0, 0, 3];
        bytes.extend([5, 0, 1, 2, 3, 4, 5]);
        bytes.extend(b"name\0comment\0");
        bytes.extend([9, 9]);
        let whole = bytes.len();
        assert_eq!(header(&bytes), Ok(Header { len: whole, member: None }));
        for end in 0..whole {
            assert_eq!(header(&bytes[..end]), Err(NoMember::Short), "{end} bytes");
        }
    }

    #[test]
    fn other_formats_are_not_members() {
        assert_eq!(header(b"<html>"), Err(NoMember::Other));
        assert_eq!(header(&[0x1f, 0x8b, 7, 0]), Err(NoMember::Other));
        assert_eq!(header(&[0x1f, 0x8b, 8, 0x80, 0, 0]), Err(NoMember::Other));
    }
}
