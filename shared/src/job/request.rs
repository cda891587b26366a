use super::Span;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What goes with every request. Headers, cookies and passwords go only to the hosts of the seeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Headers by name. Not `Host`, `Connection`, `Content-Length`, `Transfer-Encoding`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Cookies by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cookies: BTreeMap<String, String>,
    /// HTTP basic authentication (RFC 7617).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_auth: Option<BasicAuth>,
    /// How long is too long.
    pub timeouts: Timeouts,
}

/// HTTP basic authentication.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BasicAuth {
    /// The user's name, without `:`.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicAuth").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How long is too long, for one fetch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Until the connection stands, name resolution and TLS included.
    pub connect: Span,
    /// From the request to the answer's first byte.
    pub first_byte: Span,
    /// Between two pieces of the body.
    pub read_gap: Span,
    /// From the beginning to the last byte.
    pub total: Span,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = |n| Span(Duration::from_secs(n));
        Timeouts { connect: seconds(10), first_byte: seconds(20), read_gap: seconds(15), total: seconds(60) }
    }
}
