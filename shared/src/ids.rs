//! The names of things. All are plain values; none says where the thing is kept.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map($name)
            }
        }
    };
}

number_id!(
    /// One execution of a job. Given by the store, rising.
    RunId
);
number_id!(
    /// A host: scheme, name and port. A hash of its origin, so every stage computes the same one.
    HostId
);
number_id!(
    /// One lease of one host for one run. Given by the store, rising, never used again.
    LeaseId
);

number_id!(
    /// Whose runs, jobs and keys something is. Given by the store, rising.
    TenantId
);
number_id!(
    /// A job definition. Given by the store, rising, never used again.
    JobId
);
number_id!(
    /// A webhook's endpoint. Given by the store, rising, never used again.
    WebhookId
);
number_id!(
    /// A file of a run's records in the archive. Given by the store, rising, never used again.
    ExportId
);

impl TenantId {
    /// The tenant that there is from the beginning. Its administrators are the operators.
    pub const FIRST: TenantId = TenantId(1);
}

impl HostId {
    /// The id of an origin such as `https://example.com` or `http://127.0.0.2:8080`.
    pub fn of(origin: &str) -> Self {
        let hash = blake3::hash(origin.as_bytes());
        let mut eight = [0u8; 8];
        eight.copy_from_slice(&hash.as_bytes()[..8]);
        HostId(i64::from_be_bytes(eight))
    }
}

/// A canonical URL within one run: 128 bits of a hash that the run's id is part of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrlId(pub [u8; 16]);

impl UrlId {
    /// The id of a canonical URL (see [`crate::frontier::canonical`]) in a run.
    pub fn of(run: RunId, canonical: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&run.0.to_be_bytes());
        hasher.update(canonical.as_bytes());
        let mut id = [0u8; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        UrlId(id)
    }
}

impl fmt::Display for UrlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for UrlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for UrlId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UrlId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map(UrlId).map_err(|_| serde::de::Error::custom("a URL id is 32 hexadecimal digits"))
    }
}

/// One segment; made by the worker that writes it, ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentId(pub uuid::Uuid);

impl SegmentId {
    /// A new id, later than those made before it.
    pub fn new() -> Self {
        SegmentId(crate::random::rising_uuid())
    }
}

impl Default for SegmentId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// One life of one worker process. A restarted worker is another incarnation, so that a lease is
/// never mistaken for one that a predecessor held.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub String);

impl Incarnation {
    /// A new incarnation under a worker's name, for logs.
    pub fn new(name: &str) -> Self {
        Incarnation(format!("{name}.{}", crate::random::uuid().simple()))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
