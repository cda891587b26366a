//! The job: what to harvest. A versioned document in YAML or JSON; the JSON Schema is made from
//! these types (`harvestman schema`), and unknown keys are refused.

mod check;
mod content;
mod extract;
mod limits;
mod load;
mod outputs;
mod politeness;
mod request;
mod scope;
mod seeds;
mod units;

pub use check::{Problem, compile_regex, compile_regexes};
pub use content::{AttributeOf, Content, ContentFormat};
pub use extract::{Extract, Field, FieldType, Get, PageValue};
pub use limits::Limits;
#[cfg(feature = "schema")]
pub use load::schema;
pub use load::{JobError, SCHEMA, from_json, from_yaml, load, to_yaml};
pub use outputs::{Format, Output};
pub use politeness::{Delay, Politeness, RobotsMode};
pub use request::{BasicAuth, BrowserRules, Engine, Request, Timeouts};
pub use scope::{PatternsOn, Priority, Scope, Within};
pub use seeds::Seeds;
pub use units::{ByteSize, Span};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the document that this program reads.
pub const VERSION: u32 = 1;

/// What to harvest: where to begin, how far to go, how gently, and what to take from each page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The version of this document; 1.
    #[serde(default = "version")]
    pub version: u32,
    /// A name for people: letters, digits, `-`, `_` and `.`, at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where to begin.
    pub seeds: Seeds,
    /// Which of the links found are followed.
    #[serde(default)]
    pub scope: Scope,
    /// When to stop, and what is too much.
    #[serde(default)]
    pub limits: Limits,
    /// How gently each host is treated.
    #[serde(default)]
    pub politeness: Politeness,
    /// What goes with every request.
    #[serde(default)]
    pub request: Request,
    /// What is taken from each page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extract: Option<Extract>,
    /// Files that the records go to (`harvestman crawl`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
}

fn version() -> u32 {
    VERSION
}

impl Job {
    /// A job with these seeds and the defaults for the rest.
    pub fn of_seeds<S: Into<String>>(urls: impl IntoIterator<Item = S>) -> Self {
        Job {
            version: VERSION,
            name: None,
            seeds: Seeds { urls: urls.into_iter().map(Into::into).collect(), ..Seeds::default() },
            scope: Scope::default(),
            limits: Limits::default(),
            politeness: Politeness::default(),
            request: Request::default(),
            extract: None,
            outputs: Vec::new(),
        }
    }
}
