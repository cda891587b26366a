//! Places in lists, as clients carry them: opaque, and of no use where they were not given.

use crate::problem::Problem;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the seal.
const SEAL: usize = 12;
/// The longest cursor that is read.
const LONGEST: usize = 400;

/// Seals places and opens them.
pub struct Cursors {
    key: [u8; 32],
}

impl Cursors {
    /// With a key that all processes share.
    pub fn new(key: [u8; 32]) -> Self {
        Cursors { key }
    }

    /// A place in the list that `list` names (with its tenant and filters).
    pub fn seal(&self, list: &str, place: impl std::fmt::Display) -> String {
        let place = place.to_string();
        let mut bytes = self.of(list, &place).to_vec();
        bytes.extend_from_slice(place.as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The place that a cursor of this list stands for.
    ///
    /// # Errors
    /// A problem, if it is of another list or of nobody.
    pub fn open<T: std::str::FromStr>(&self, list: &str, cursor: Option<&str>) -> Result<Option<T>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        self.place(list, cursor).and_then(|place| place.parse().ok()).map(Some).ok_or_else(|| {
            Problem::parameter("query:cursor", "not a cursor that an answer of this list gave")
        })
    }

    fn place(&self, list: &str, cursor: &str) -> Option<String> {
        if cursor.len() > LONGEST {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
        let (seal, place) = bytes.split_at_checked(SEAL)?;
        let place = std::str::from_utf8(place).ok()?;
        let right = subtle::ConstantTimeEq::ct_eq(seal, &self.of(list, place)[..]);
        bool::from(right).then(|| place.to_owned())
    }

    fn of(&self, list: &str, place: &str) -> [u8; SEAL] {
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return [0; SEAL] };
        mac.update(&(list.len() as u64).to_be_bytes());
        mac.update(list.as_bytes());
        mac.update(place.as_bytes());
        let mut seal = [0; SEAL];
        seal.copy_from_slice(&mac.finalize().into_bytes()[..SEAL]);
        seal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let cursors = Cursors::new([7; 32]);
        let cursor = cursors.seal("runs of 1", 42);
        assert_eq!(cursors.open::<i64>("runs of 1", Some(&cursor)).unwrap(), Some(42));
        assert_eq!(cursors.open::<i64>("runs of 1", None).unwrap(), None);
        assert!(cursors.open::<i64>("runs of 2", Some(&cursor)).is_err());
        for place in 0..cursor.len() {
            let mut wrong = cursor.clone().into_bytes();
            wrong[place] = if wrong[place] == b'A' { b'B' } else { b'A' };
            let wrong = String::from_utf8(wrong).unwrap();
            // The last digit may hold bits that count for nothing.
            assert!(wrong == cursor || cursors.open::<i64>("runs of 1", Some(&wrong)).is_err(), "{place}");
        }
        for text in ["", "1", "!", "AAAA", &"A".repeat(500)] {
            assert!(cursors.open::<i64>("runs of 1", Some(text)).is_err(), "{text}");
        }
    }
}
