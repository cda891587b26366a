use super::Span;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How gently each host is treated, by all of the fleet together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Politeness {
    /// The pause between two requests to one host. `auto` waits as long as the host took to
    /// answer, so that a slow site is asked slowly. A longer `Crawl-delay` of its robots.txt wins.
    pub delay: Delay,
    /// Requests under way at one host within one lease. By default 1, and 8 where `delay` is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 256)))]
    pub concurrency: Option<u16>,
    /// Leases of one host at a time, each with its own connections; more than one only where the
    /// delay is 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 64)))]
    pub lanes: u16,
    /// What robots.txt means for this job.
    pub robots: RobotsMode,
    /// The longest `Crawl-delay` that is waited for; a longer one counts as this.
    pub max_crawl_delay: Span,
    /// How the crawler names itself. The product token, up to the first `/` or space, is what
    /// robots.txt rules are matched with.
    pub user_agent: String,
    /// An address or URL for people whose site is harvested; it is added to the user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

impl Default for Politeness {
    fn default() -> Self {
        Politeness {
            delay: Delay::Auto,
            concurrency: None,
            lanes: 2,
            robots: RobotsMode::Obey,
            max_crawl_delay: Span(Duration::from_secs(120)),
            user_agent: concat!("Harvestman/", env!("CARGO_PKG_VERSION")).to_owned(),
            contact: None,
        }
    }
}

impl Politeness {
    /// The `User-Agent` header: the name, and the contact in parentheses.
    pub fn user_agent_header(&self) -> String {
        match &self.contact {
            Some(contact) => format!("{} (+{contact})", self.user_agent),
            None => self.user_agent.clone(),
        }
    }

    /// The product token that robots.txt groups are matched with (RFC 9309 2.2.1).
    pub fn product_token(&self) -> &str {
        self.user_agent.split(['/', ' ']).next().unwrap_or_default()
    }

    /// Requests under way within one lease.
    pub fn concurrency(&self) -> u16 {
        self.concurrency.unwrap_or(if self.delay.is_zero() { 8 } else { 1 }).max(1)
    }

    /// Leases of one host that this job alone would allow.
    pub fn lanes(&self) -> u16 {
        if self.delay.is_zero() { self.lanes.max(1) } else { 1 }
    }
}

/// The pause between two requests: a span of time, or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// As long as the host took for its last answer.
    Auto,
    /// Always this.
    Fixed(Duration),
}

impl Delay {
    /// Whether requests may follow each other at once.
    pub fn is_zero(self) -> bool {
        self == Delay::Fixed(Duration::ZERO)
    }
}

impl Serialize for Delay {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Delay::Auto => s.serialize_str("auto"),
            Delay::Fixed(duration) => Span(*duration).serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(d)?;
        if value == "auto" {
            return Ok(Delay::Auto);
        }
        Span::from_value(&value)
            .map(|span| Delay::Fixed(span.0))
            .map_err(|why| serde::de::Error::custom(format!("{why}, or `auto`")))
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Delay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Delay".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A span of time, or `auto`: as long as the host took for its last answer.",
            "type": ["string", "number"],
            "examples": ["auto", "500ms", "2s", 1.5, 0]
        })
    }
}

/// What robots.txt means for a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RobotsMode {
    /// Its rules are kept, its delay too (RFC 9309).
    #[default]
    Obey,
    /// It is not fetched. For one's own sites.
    Ignore,
}
