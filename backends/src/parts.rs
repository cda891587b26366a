//! The bytes of a file that goes up in parts.

use bytes::{Bytes, BytesMut};

/// Bytes of a part: what S3 wants at least is 5 MiB, and 10,000 of them at most.
pub(crate) const PART: usize = 8 << 20;
/// The most parts of a file.
pub(crate) const MOST: i32 = 10_000;

/// What was written and has not gone up yet.
#[derive(Default)]
pub(crate) struct Parts(BytesMut);

impl Parts {
    /// Adds bytes at the end.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A whole part, if there is one.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        (self.0.len() >= PART).then(|| self.0.split_to(PART).freeze())
    }

    /// All the rest.
    pub(crate) fn rest(&mut self) -> Bytes {
        self.0.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_and_the_rest_is_what_is_left() {
        let mut parts = Parts::default();
        parts.push(&vec![1; PART - 1]);
        assert!(parts.next().is_none());
        parts.push(&vec![2; PART + 3]);
        assert_eq!(parts.next().map(|part| (part.len(), part[0], part[PART - 1])), Some((PART, 1, 2)));
        assert_eq!(parts.next().map(|part| part.len()), Some(PART));
        assert!(parts.next().is_none());
        assert_eq!(parts.rest().len(), 2);
        assert!(parts.rest().is_empty());
    }
}
