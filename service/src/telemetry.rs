//! Logs on standard error, as text for people or JSON for machines.

use serde::{Deserialize, Serialize};
use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What takes events and spans.
pub type Lines = Box<dyn Layer<Registry> + Send + Sync>;

/// Begins to log. `level` is a filter such as `info` or `info,worker=debug`; `RUST_LOG` wins over it.
pub fn start(format: LogFormat, level: &str) {
    start_with(format, level, None);
}

/// The same; `more` takes events and spans as well.
pub fn start_with(format: LogFormat, level: &str, more: Option<Lines>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let all: Vec<Lines> = more.into_iter().chain([lines]).collect();
    // It fails only where somebody logs already, as in tests.
    let _already = tracing_subscriber::registry().with(all).try_init();
}
