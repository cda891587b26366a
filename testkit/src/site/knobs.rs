//! What can be changed while the site runs.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// What can be changed while the site runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// How long each answer is held back, in milliseconds.
    pub latency_ms: u64,
    /// robots.txt.
    pub robots: RobotsKnob,
    /// What is wrong with single targets, by their canonical spelling.
    pub faults: HashMap<String, Fault>,
}

/// How the site answers for its robots.txt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RobotsKnob {
    /// `Crawl-delay`, in seconds.
    pub crawl_delay: Option<f64>,
    /// Another status than 200.
    pub status: Option<u16>,
    /// Another text than the site's own.
    pub text: Option<String>,
}

/// What is wrong with a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What happens instead of the answer.
    pub kind: FaultKind,
    /// How often it happens; None for ever.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What happens instead of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// This status, with an empty body.
    Status(u16),
    /// This status, and `Retry-After` with so many seconds.
    RetryAfter(u16, u64),
    /// The right answer, so many milliseconds late.
    Late(u64),
    /// The connection is closed without an answer.
    Close,
    /// What `/__bad/NAME` does.
    Bad(String),
}

impl Knobs {
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_ms)
    }

    /// The fault of a target that holds now; counts it down.
    pub(crate) fn take_fault(&mut self, target: &str) -> Option<FaultKind> {
        let fault = self.faults.get_mut(target)?;
        let kind = fault.kind.clone();
        if let Some(times) = &mut fault.times {
            *times = times.checked_sub(1)?;
        }
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_was_said() {
        let mut knobs = Knobs::default();
        let kind = FaultKind::Status(503);
        knobs.faults.insert("/a".to_owned(), Fault { kind: kind.clone(), times: Some(2) });
        let seen: Vec<_> = (0..3).map(|_| knobs.take_fault("/a")).collect();
        assert_eq!(seen, [Some(kind.clone()), Some(kind), None]);
    }
}
