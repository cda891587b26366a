//! Keys as they are written: `hm_ID_SECRET`.

use data_encoding::{BASE32_NOPAD, Encoding};
use sha2::{Digest, Sha256};

/// What every key begins with.
const PREFIX: &str = "hm_";
/// Bytes of an id.
const ID: usize = 10;
/// The longest text that is looked at.
const LONGEST: usize = 300;

/// A new key: its id, the whole text that its owner keeps, and the hash that is kept here.
pub struct Fresh {
    pub id: String,
    pub text: String,
    pub hash: [u8; 32],
}

/// Makes a key from the operating system's randomness.
pub fn fresh() -> Fresh {
    // Two version-4 UUIDs have 244 random bits; four, hashed to 256 bits, have all of them.
    let mut hasher = Sha256::new();
    for _ in 0..4 {
        hasher.update(uuid::Uuid::new_v4().as_bytes());
    }
    let secret: [u8; 32] = hasher.finalize().into();
    let id = lower(&uuid::Uuid::new_v4().as_bytes()[..ID]);
    let secret = lower(&secret);
    Fresh { text: format!("{PREFIX}{id}_{secret}"), hash: hash(&secret), id }
}

fn lower(bytes: &[u8]) -> String {
    let encoding: &Encoding = &BASE32_NOPAD;
    encoding.encode(bytes).to_ascii_lowercase()
}

/// The SHA-256 of a secret. The secret is random, so nothing slower is needed.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A key's id and secret; None: it has not that form.
pub fn split(text: &str) -> Option<(&str, &str)> {
    if text.len() > LONGEST {
        return None;
    }
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let fits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    (fits(id) && fits(secret)).then_some((id, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made() {
        let key = fresh();
        let (id, secret) = split(&key.text).unwrap();
        assert_eq!((id, hash(secret)), (&*key.id, key.hash));
        assert_eq!(secret.len(), 52);
        assert_ne!(fresh().text, key.text);
        let long = format!("hm_{}_b", "a".repeat(300));
        for text in ["", "hm_", "hm_a", "hm__b", "hm_a_", "xx_a_b", "hm_a_b_c", "hm_a b_c", long.as_str()] {
            assert!(split(text).is_none(), "{text}");
        }
    }
}
