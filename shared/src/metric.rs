//! What is counted: a name, a kind, its labels and what it means, in one file a crate.
//!
//! `docs/METRICS.md` is made from these. Where no recorder is installed, as in `harvestman crawl`, counting
//! is one load of an atomic; where pages are many, counts are added up first, for a segment or a lease.

use metrics::{Label, Unit};

/// What kind of number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How often which seconds.
    Seconds,
}

/// One metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metric {
    /// Its name for Prometheus: `harvestman_<stage>_<thing>_<unit>`.
    pub name: &'static str,
    /// What kind of number.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means.
    pub help: &'static str,
}

impl Metric {
    /// A counter.
    pub const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Self {
        Metric { name, kind: Kind::Counter, labels, help }
    }

    /// A gauge.
    pub const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Self {
        Metric { name, kind: Kind::Gauge, labels, help }
    }

    /// A histogram of seconds.
    pub const fn seconds(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Self {
        Metric { name, kind: Kind::Seconds, labels, help }
    }

    /// Tells the recorder what it means. A counter without labels is there from then on, as 0.
    pub fn describe(&self) {
        match self.kind {
            Kind::Counter => {
                metrics::describe_counter!(self.name, self.help);
                if self.labels.is_empty() {
                    metrics::counter!(self.name).increment(0);
                }
            }
            Kind::Gauge => metrics::describe_gauge!(self.name, self.help),
            Kind::Seconds => metrics::describe_histogram!(self.name, Unit::Seconds, self.help),
        }
    }

    /// Adds to a counter. `values` are those of its labels, in their order.
    pub fn add(&self, values: &[&'static str], more: u64) {
        if more > 0 {
            metrics::counter!(self.name, self.labelled(values)).increment(more);
        }
    }

    /// Sets a gauge.
    pub fn set(&self, values: &[&'static str], to: f64) {
        metrics::gauge!(self.name, self.labelled(values)).set(to);
    }

    /// Moves a gauge.
    pub fn step(&self, values: &[&'static str], by: f64) {
        metrics::gauge!(self.name, self.labelled(values)).increment(by);
    }

    /// Records how long something took.
    pub fn took(&self, values: &[&'static str], time: std::time::Duration) {
        metrics::histogram!(self.name, self.labelled(values)).record(time);
    }

    /// Records how long several things took.
    pub fn took_all(&self, values: &[&'static str], times: &[std::time::Duration]) {
        let histogram = metrics::histogram!(self.name, self.labelled(values));
        times.iter().for_each(|time| histogram.record(*time));
    }

    fn labelled(&self, values: &[&'static str]) -> Vec<Label> {
        let pairs = self.labels.iter().zip(values);
        pairs.map(|(name, value)| Label::from_static_parts(name, value)).collect()
    }

    /// Its row in a table of Markdown.
    pub fn row(&self) -> String {
        let kind = match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Seconds => "histogram",
        };
        let labels: Vec<String> = self.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{}` | {kind} | {} | {} |", self.name, labels.join(", "), self.help)
    }
}
