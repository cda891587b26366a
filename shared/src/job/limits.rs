use super::{ByteSize, Span};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When to stop, and what is too much. What a limit leaves over is closed and counted under its
/// name (`limit_pages`, `too_deep`...).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Pages fetched with success, then the run ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    /// Links away from a seed; a seed is 0.
    pub depth: u16,
    /// Bytes received in all, then the run ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<ByteSize>,
    /// Wall clock from the start of the run, then the run ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Span>,
    /// URLs admitted for one host.
    pub urls_per_host: u64,
    /// URLs admitted in all.
    pub urls: u64,
    /// Characters in a URL.
    pub url_length: u32,
    /// Links followed from one page.
    pub links_per_page: u32,
    /// Redirects in a row.
    pub redirects: u16,
    /// A body on the wire.
    pub body: ByteSize,
    /// A body inflated. What is longer is cut there, and the page marked as truncated.
    pub inflated_body: ByteSize,
    /// Tries of one URL, the first included.
    pub tries: u16,
    /// Path segments in a URL.
    pub path_segments: u16,
    /// How often one path segment, or one run of them, may stand in a URL in a row.
    pub segment_repeats: u16,
    /// Query parameters in a URL.
    pub query_params: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            pages: None,
            depth: 20,
            bytes: None,
            time: None,
            urls_per_host: 1_000_000,
            urls: 10_000_000,
            url_length: 2_083,
            links_per_page: 5_000,
            redirects: 10,
            body: ByteSize(10 << 20),
            inflated_body: ByteSize(20 << 20),
            tries: 3,
            path_segments: 20,
            segment_repeats: 3,
            query_params: 24,
        }
    }
}

impl Limits {
    /// The wall clock limit, if any.
    pub fn time(&self) -> Option<Duration> {
        self.time.map(|span| span.0)
    }
}
