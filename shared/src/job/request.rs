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
    /// What pages are fetched with.
    #[serde(skip_serializing_if = "Engine::is_http")]
    pub engine: Engine,
    /// How pages are run, where the engine is `browser`.
    #[serde(skip_serializing_if = "BrowserRules::is_default")]
    pub browser: BrowserRules,
}

/// What pages are fetched with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// One request a page; its scripts are not run.
    #[default]
    Http,
    /// The same, and then the page is run in a browser, and read as it looks there. Costs a hundred times as much, and needs a
    /// worker that has a browser.
    Browser,
}

impl Engine {
    fn is_http(&self) -> bool {
        *self == Engine::Http
    }
}

/// How pages are run. Their scripts, style sheets and what the scripts fetch come from the page's own site; pictures, fonts, films and
/// frames are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct BrowserRules {
    /// How long a page is waited for once it is quiet: loaded, and half a second without a request. At most 30s.
    pub wait: Span,
    /// Hosts of other sites that scripts may come from as well: `cdn.example.net`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}

impl BrowserRules {
    fn is_default(&self) -> bool {
        *self == BrowserRules::default()
    }
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
