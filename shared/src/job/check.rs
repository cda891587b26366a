//! What a well-formed job can still get wrong. Selectors are checked by the parser, which has the
//! engine for them.

use super::{Content, Delay, Job, VERSION};
use regex::RegexBuilder;
use std::fmt;
use std::time::Duration;

/// One thing that is wrong with a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place in the document: `scope.include[2]`.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// The largest compiled regular expression, in bytes.
const REGEX_SIZE: usize = 1 << 20;

/// The longest that a page is waited for once it is quiet.
const MOST_WAIT: Duration = Duration::from_secs(30);

/// Headers that the client sets itself, or that would break the connection.
const REFUSED_HEADERS: [&str; 8] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "proxy-authorization",
];

/// Compiles a user's regular expression, with a bound on its size.
///
/// # Errors
/// What the `regex` crate says of it.
pub fn compile_regex(pattern: &str) -> Result<regex::Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(REGEX_SIZE).build()
}

/// Compiles several of them into one set, each within that bound.
///
/// # Errors
/// What the `regex` crate says of it.
pub fn compile_regexes<S: AsRef<str>>(patterns: &[S]) -> Result<regex::RegexSet, regex::Error> {
    regex::RegexSetBuilder::new(patterns).size_limit(REGEX_SIZE.saturating_mul(patterns.len().max(1))).build()
}

struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { place: place.into(), message: message.into() });
    }

    fn regex(&mut self, place: String, pattern: &str) {
        if let Err(error) = compile_regex(pattern) {
            self.add(place, format!("`{pattern}` is no regular expression: {error}"));
        }
    }

    fn url(&mut self, place: String, text: &str) {
        if let Err(why) = crate::frontier::canonical::seed(text) {
            self.add(place, why);
        }
    }
}

impl Job {
    /// All that is wrong with this job; empty if it can be run.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Problems(Vec::new());
        if self.version != VERSION {
            found.add(
                "version",
                format!("this program reads version {VERSION}, the document says {}", self.version),
            );
        }
        if let Some(name) = &self.name
            && (name.is_empty()
                || name.len() > 100
                || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
        {
            found.add("name", "use 1 to 100 letters, digits, `-`, `_` and `.`");
        }
        self.check_seeds(&mut found);
        self.check_scope(&mut found);
        self.check_politeness(&mut found);
        self.check_request(&mut found);
        self.check_extract(&mut found);
        for (i, output) in self.outputs.iter().enumerate() {
            if output.format().is_none() {
                let path = output.path.display();
                found.add(
                    format!("outputs[{i}].path"),
                    format!("`{path}` says no format: end it in .jsonl, .csv or .parquet, or set `format`"),
                );
            }
        }
        found.0
    }

    fn check_seeds(&self, found: &mut Problems) {
        let seeds = &self.seeds;
        if seeds.urls.is_empty() && seeds.sitemaps.is_empty() && seeds.file.is_none() {
            found.add("seeds", "give at least one of `urls`, `sitemaps` or `file`");
        }
        for (i, url) in seeds.urls.iter().enumerate() {
            found.url(format!("seeds.urls[{i}]"), url);
        }
        for (i, url) in seeds.sitemaps.iter().enumerate() {
            found.url(format!("seeds.sitemaps[{i}]"), url);
        }
    }

    fn check_scope(&self, found: &mut Problems) {
        let scope = &self.scope;
        for (i, pattern) in scope.include.iter().enumerate() {
            found.regex(format!("scope.include[{i}]"), pattern);
        }
        for (i, pattern) in scope.exclude.iter().enumerate() {
            found.regex(format!("scope.exclude[{i}]"), pattern);
        }
        for (i, priority) in scope.priorities.iter().enumerate() {
            found.regex(format!("scope.priorities[{i}].pattern"), &priority.pattern);
            if priority.priority > 9 {
                found.add(format!("scope.priorities[{i}].priority"), "use 0 (first) to 9 (last)");
            }
        }
    }

    fn check_politeness(&self, found: &mut Problems) {
        let politeness = &self.politeness;
        let day = Duration::from_secs(24 * 3600);
        if matches!(politeness.delay, Delay::Fixed(delay) if delay > day) {
            found.add("politeness.delay", "at most 24h");
        }
        if politeness.concurrency.is_some_and(|n| !(1..=256).contains(&n)) {
            found.add("politeness.concurrency", "use 1 to 256");
        }
        if !(1..=64).contains(&politeness.lanes) {
            found.add("politeness.lanes", "use 1 to 64");
        }
        let header = politeness.user_agent_header();
        if politeness.product_token().is_empty() || http::HeaderValue::from_str(&header).is_err() {
            found.add("politeness.user_agent", "use a product token and visible characters: `MyBot/1.0`");
        }
    }

    fn check_request(&self, found: &mut Problems) {
        for (name, value) in &self.request.headers {
            let place = format!("request.headers.{name}");
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                found.add(place, "no header has such a name");
            } else if REFUSED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                found.add(place, "this header is set by Harvestman itself");
            } else if http::HeaderValue::from_str(value).is_err() {
                found.add(place, "a header's value has visible characters only, no line breaks");
            }
        }
        for (name, value) in &self.request.cookies {
            let fine = |text: &str| text.chars().all(|c| c.is_ascii_graphic() && !";,\"\\".contains(c));
            if name.is_empty() || name.contains('=') || !fine(name) || !fine(value) {
                found.add(
                    format!("request.cookies.{name}"),
                    "a cookie has no spaces, `;`, `,`, quotes or line breaks",
                );
            }
        }
        if self.request.basic_auth.as_ref().is_some_and(|auth| auth.user.contains(':')) {
            found.add("request.basic_auth.user", "a user's name has no `:` (RFC 7617)");
        }
        let browser = &self.request.browser;
        if browser.wait.0 > MOST_WAIT {
            found.add("request.browser.wait", "at most 30s");
        }
        for (i, host) in browser.hosts.iter().enumerate() {
            if url::Host::parse(host).is_err() {
                found.add(format!("request.browser.hosts[{i}]"), format!("`{host}` is no host's name"));
            }
        }
        let timeouts = &self.request.timeouts;
        let hour = Duration::from_secs(3600);
        let named = [
            ("connect", timeouts.connect),
            ("first_byte", timeouts.first_byte),
            ("read_gap", timeouts.read_gap),
            ("total", timeouts.total),
        ];
        for (name, span) in named {
            if span.0.is_zero() || span.0 > hour {
                found.add(format!("request.timeouts.{name}"), "use more than 0 and at most 1h");
            }
        }
    }

    fn check_extract(&self, found: &mut Problems) {
        let Some(extract) = &self.extract else { return };
        if extract.fields.is_empty() && extract.content.is_none() {
            found.add("extract.fields", "name at least one field, or keep the pages' `content`");
        }
        if let Some(content) = &extract.content {
            check_content(content, found);
        }
        for (i, pattern) in extract.pages.iter().enumerate() {
            found.regex(format!("extract.pages[{i}]"), pattern);
        }
        for (name, field) in &extract.fields {
            let place = format!("extract.fields.{name}");
            if name.is_empty() || name.starts_with('_') || name.len() > 200 {
                found.add(&place, "a field's name has 1 to 200 characters and does not begin with `_`");
            }
            if let Some(pattern) = &field.regex {
                found.regex(format!("{place}.regex"), pattern);
            }
            if field.page.is_some() && field.css.is_some() {
                found.add(&place, "`page` and `css` exclude each other");
            }
            if let Some(locale) = &field.locale
                && !["en", "gb", "de", "fr", "ch", "in"].contains(&locale.as_str())
            {
                found.add(format!("{place}.locale"), "use en, gb, de, fr, ch or in");
            }
        }
    }
}

/// Attributes asked for of one page.
const MOST_ATTRIBUTES: usize = 100;

fn check_content(content: &Content, found: &mut Problems) {
    if content.formats.is_empty() && content.attributes.is_empty() {
        found.add("extract.content.formats", "name at least one: markdown, html, raw_html, links or images");
    }
    if content.attributes.len() > MOST_ATTRIBUTES {
        found.add("extract.content.attributes", format!("at most {MOST_ATTRIBUTES}"));
    }
    for (i, asked) in content.attributes.iter().enumerate() {
        if asked.attribute.is_empty() || asked.attribute.len() > 200 {
            found.add(
                format!("extract.content.attributes[{i}].attribute"),
                "use a name of 1 to 200 characters",
            );
        }
    }
}
