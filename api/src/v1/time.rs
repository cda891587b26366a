//! Times as answers show them.

use shared::clock::Timestamp;

/// RFC 3339 in UTC.
pub fn shown(at: Timestamp) -> String {
    at.to_rfc3339()
}

/// RFC 3339 in UTC, if there is a time.
pub fn maybe(at: Option<Timestamp>) -> Option<String> {
    at.map(shown)
}
