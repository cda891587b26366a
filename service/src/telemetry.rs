//! Logs on standard error, as text for people or JSON for machines.

use serde::{Deserialize, Serialize};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

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

/// Begins to log. `level` is a filter such as `info` or `info,worker=debug`; `RUST_LOG` wins over it.
pub fn start(format: LogFormat, level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // It fails only where somebody logs already, as in tests.
    let _already = match format {
        LogFormat::Text => lines.with_target(true).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
