//! Reading a job from YAML or JSON, with messages that name the place and what would be right.

use super::{Job, Problem};
use std::path::{Path, PathBuf};

/// The JSON Schema (2020-12) of a job, as committed; a test holds it against the types.
pub const SCHEMA: &str = include_str!("../../../docs/job.schema.json");

/// A job that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The file cannot be read.
    #[error("cannot read the job {path}: {cause}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The document is not YAML or JSON, or not a job.
    #[error("{}", at(place, message))]
    Malformed {
        /// Where: `limits.pages`; empty for the whole document.
        place: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// The document is a job, but it cannot work as it is.
    #[error("{}", list(.0))]
    Invalid(Vec<Problem>),
}

fn at(place: &str, message: &str) -> String {
    match place {
        "" | "." => message.to_owned(),
        place => format!("{place}: {message}"),
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads and checks a job from a file: JSON if its name says so, else YAML.
///
/// # Errors
/// Every [`JobError`].
pub fn load(path: &Path) -> Result<Job, JobError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| JobError::Unreadable { path: path.to_owned(), cause })?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        from_json(&text)
    } else {
        from_yaml(&text)
    }
}

/// Reads and checks a job in JSON.
///
/// # Errors
/// [`JobError::Malformed`] and [`JobError::Invalid`].
pub fn from_json(text: &str) -> Result<Job, JobError> {
    let mut source = serde_json::Deserializer::from_str(text);
    checked(serde_path_to_error::deserialize(&mut source).map_err(|e| malformed(&e))?)
}

/// Reads and checks a job in YAML.
///
/// # Errors
/// [`JobError::Malformed`] and [`JobError::Invalid`].
pub fn from_yaml(text: &str) -> Result<Job, JobError> {
    checked(
        serde_path_to_error::deserialize(serde_norway::Deserializer::from_str(text))
            .map_err(|e| malformed(&e))?,
    )
}

fn checked(job: Job) -> Result<Job, JobError> {
    let problems = job.problems();
    if problems.is_empty() { Ok(job) } else { Err(JobError::Invalid(problems)) }
}

fn malformed<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> JobError {
    let message = error.inner().to_string();
    // serde_norway repeats the path in front of its message; where a key is unknown, its parent's.
    let place = error.path().to_string();
    let parent = place.rsplit_once('.').map_or("", |(parent, _)| parent);
    let without = |path| message.strip_prefix(&format!("{path}: "));
    let message = without(place.as_str()).or_else(|| without(parent)).unwrap_or(&message);
    JobError::Malformed { message: nearest_name(&without_types(message)), place }
}

/// `expected struct Job` says nothing to who writes a document.
fn without_types(message: &str) -> String {
    match message.split_once("expected struct ") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_alphanumeric());
            format!("{before}expected keys and their values{rest}")
        }
        None => message.to_owned(),
    }
}

/// `unknown field `pagess`, expected one of `pages`, ...` with the nearest right name in front.
fn nearest_name(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_name = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let Some(wrong) = quoted.next().filter(|_| is_name) else {
        return message.to_owned();
    };
    let near = quoted
        .map(|right| (strsim::damerau_levenshtein(wrong, right), right))
        .min()
        .filter(|(distance, right)| *distance <= (right.len().max(wrong.len()) / 2).max(1));
    match near {
        Some((_, right)) => format!("{message}. Did you mean `{right}`?"),
        None => message.to_owned(),
    }
}

/// The JSON Schema (2020-12) of a job, made from its types. Programs print [`SCHEMA`].
#[cfg(feature = "schema")]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Job).to_value()
}

/// A job as YAML.
///
/// # Errors
/// If it holds something that YAML has no form for.
pub fn to_yaml(job: &Job) -> Result<String, JobError> {
    serde_norway::to_string(job)
        .map_err(|error| JobError::Malformed { place: String::new(), message: error.to_string() })
}
