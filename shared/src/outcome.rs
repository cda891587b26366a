//! How the life of a URL can end, and why.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Why a URL was not harvested, or not even admitted. The name is what users see, count
        /// and filter by; it never changes once released.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Reason {
            /// The server answered with this status, which is not a success: `http_404`.
            Http(u16),
            $($(#[$doc])* $variant),+
        }

        impl Reason {
            /// The name as a label of a metric: statuses by their class, `http_4xx`.
            pub fn label(&self) -> &'static str {
                match self {
                    Reason::Http(..400) => "http_other",
                    Reason::Http(400..500) => "http_4xx",
                    Reason::Http(500..) => "http_5xx",
                    $(Reason::$variant => $name),+
                }
            }
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Reason::Http(status) => write!(f, "http_{status}"),
                    $(Reason::$variant => f.write_str($name)),+
                }
            }
        }

        impl FromStr for Reason {
            type Err = UnknownReason;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($name => Ok(Reason::$variant),)+
                    other => other
                        .strip_prefix("http_")
                        .and_then(|status| status.parse().ok())
                        .map(Reason::Http)
                        .ok_or_else(|| UnknownReason(other.to_owned())),
                }
            }
        }
    };
}

reasons! {
    // Not admitted: the run does not want it.
    /// Not within the job's scope.
    OutOfScope = "out_of_scope",
    /// An `exclude` pattern matches.
    Excluded = "excluded",
    /// No `include` pattern matches.
    NotIncluded = "not_included",
    /// Neither http nor https.
    Scheme = "scheme",
    /// Not a URL, or one with user-info or without a host.
    BadUrl = "bad_url",
    /// Longer than the job allows.
    TooLong = "url_too_long",
    /// Further from a seed than the job allows.
    TooDeep = "too_deep",
    /// More redirects in a row than the job allows.
    TooManyRedirects = "too_many_redirects",
    /// A crawler trap: too many path segments.
    TrapSegments = "trap_path_segments",
    /// A crawler trap: the same path segments over and over.
    TrapRepeats = "trap_repeated_segments",
    /// A crawler trap: a query that grows and grows.
    TrapQuery = "trap_query",
    /// More links on a page than the job allows.
    TooManyLinks = "too_many_links",
    /// The link says `nofollow`, and the job heeds it.
    Nofollow = "nofollow",
    /// A kind of file that the job does not fetch, by its name's ending.
    FileType = "file_type",
    /// The run has as many URLs of this host as it may.
    HostFull = "host_limit",
    /// The run has as many URLs as it may.
    RunFull = "url_limit",

    // Admitted, closed without a request.
    /// The run reached its page, byte or time limit first.
    LimitPages = "limit_pages",
    /// See [`Reason::LimitPages`].
    LimitBytes = "limit_bytes",
    /// See [`Reason::LimitPages`].
    LimitTime = "limit_time",
    /// The run was cancelled.
    Cancelled = "cancelled",
    /// robots.txt does not allow it.
    RobotsDenied = "robots_denied",
    /// robots.txt could not be had (RFC 9309 2.3.1.4): everything is denied.
    RobotsUnreachable = "robots_unreachable",
    /// The address is not one that this fleet may call. Says no more on purpose.
    AddressRefused = "address_refused",
    /// The host was down for too long.
    HostDown = "host_down",

    // Requested, and failed.
    /// The name does not resolve.
    Dns = "dns",
    /// No connection.
    Connect = "connect",
    /// TLS failed: a bad certificate, a wrong name, no common version.
    Tls = "tls",
    /// A deadline passed: connect, first byte, read gap, or the whole fetch.
    Timeout = "timeout",
    /// The connection broke, or the body was shorter than announced.
    BodyBroken = "body_broken",
    /// The answer is not HTTP.
    Protocol = "protocol",
    /// It was to be run in a browser, and gave no document there: it, or the browser, died over it.
    Browser = "browser",
    /// Larger than the job allows, on the wire or inflated.
    TooLarge = "too_large",
    /// Inflates more than anything honest does.
    Bomb = "decompression_bomb",
    /// A redirect without a usable Location.
    BadRedirect = "bad_redirect",
    /// The worker died over it, again and again.
    PoisonFetch = "poison_fetch",

    // Fetched, and not parsed.
    /// The parser died or panicked over it.
    PoisonParse = "poison_parse",
    /// Parsing took too long.
    ParseTimeout = "parse_timeout",
    /// The stored bytes are not those that were stored.
    Corrupt = "corrupt",
}

/// A reason that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown reason `{0}`")]
pub struct UnknownReason(String);

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What an open URL stands for. Whatever can still add URLs to a run is an open URL itself, so
/// that a run cannot end while more may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The run's list of seeds, not all admitted yet. Never leased.
    Seeds,
    /// A host's robots.txt, for the rules and the sitemaps it names.
    Robots,
    /// A sitemap or a sitemap index.
    Sitemap,
    /// A page.
    Page,
}

impl Kind {
    /// As the store keeps it.
    pub fn code(self) -> i16 {
        match self {
            Kind::Seeds => 0,
            Kind::Robots => 1,
            Kind::Sitemap => 2,
            Kind::Page => 3,
        }
    }

    /// Back from [`Kind::code`]; what is unknown is a page.
    pub fn from_code(code: i16) -> Self {
        match code {
            0 => Kind::Seeds,
            1 => Kind::Robots,
            2 => Kind::Sitemap,
            _ => Kind::Page,
        }
    }
}

/// How one visit to a URL ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// A success (2xx) whose body is archived.
    Fetched {
        /// The body was cut at the job's limit.
        truncated: bool,
    },
    /// A redirect that goes back to the frontier: the target is another open URL, or none.
    Redirected {
        /// Where to: absolute, as the server said it, joined with the URL.
        to: String,
    },
    /// No success.
    Failed {
        /// Why.
        reason: Reason,
        /// Whether another try could end otherwise.
        retry: bool,
        /// The server's own word on when (`Retry-After`), in milliseconds from the visit.
        retry_after_ms: Option<u64>,
    },
}
