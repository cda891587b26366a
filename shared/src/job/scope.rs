#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of the links found are followed. Seeds always are, and so is where a seed redirects to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// How far from the seeds, or from the page that holds the link.
    pub within: Within,
    /// Regular expressions on the URL (linear time, `regex` crate). Where any are given, a link must
    /// match one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Regular expressions on the URL. A link must match none; wins over `include`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// The part of the URL that `include` and `exclude` look at.
    #[serde(skip_serializing_if = "PatternsOn::is_url")]
    pub patterns_on: PatternsOn,
    /// Read the sitemaps that robots.txt names.
    pub sitemaps: bool,
    /// Heed `rel=nofollow` on links and `nofollow` in a page's robots meta or `X-Robots-Tag`.
    pub nofollow: bool,
    /// Where a page names another one as canonical, follow that as well, and take no records from
    /// this one.
    pub canonical: bool,
    /// Skip links whose name ends like a picture, film, archive or program (`.jpg`, `.zip`...).
    pub skip_files: bool,
    /// Query parameters dropped from every URL, besides the built-in list of tracking parameters. `*` drops all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop_params: Vec<String>,
    /// Drop the built-in list of tracking parameters (`utm_source`, `gclid`...).
    pub drop_tracking: bool,
    /// Links that go first or last. Without any, the order is breadth first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priorities: Vec<Priority>,
}

impl Default for Scope {
    fn default() -> Self {
        Scope {
            within: Within::Host,
            include: Vec::new(),
            exclude: Vec::new(),
            patterns_on: PatternsOn::Url,
            sitemaps: true,
            nofollow: true,
            canonical: false,
            skip_files: true,
            drop_params: Vec::new(),
            drop_tracking: true,
            priorities: Vec::new(),
        }
    }
}

/// How far a link may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// The host (name and port) of the page that holds the link, or of a seed. http and https on
    /// their own ports count as one.
    #[default]
    Host,
    /// The registrable domain by the public suffix list: `a.example.co.uk` and `b.example.co.uk`
    /// are one site.
    Site,
    /// Below a seed's folder: the seed's URL up to its last `/`.
    Prefix,
    /// A seed's path and what is below it: from `/docs` that is `/docs/x`, but not `/blog`.
    Path,
    /// Anywhere.
    Any,
}

/// URLs that match `pattern` are fetched in order of `priority`: 0 first, 9 last; others have 5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// A regular expression on the whole URL.
    pub pattern: String,
    /// 0 to 9.
    #[cfg_attr(feature = "schema", schemars(range(max = 9)))]
    pub priority: u8,
}

/// What patterns look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PatternsOn {
    /// The whole URL.
    #[default]
    Url,
    /// Its path, from the first `/` to the query.
    Path,
}

impl PatternsOn {
    fn is_url(&self) -> bool {
        *self == PatternsOn::Url
    }
}
