//! One thing: its fields, one a line.

use super::Asker;
use super::shown::{cell, json, lines};
use crate::say;
use serde_json::Value;
use std::fmt::Write;

impl Asker {
    /// Shows one thing. For people, `long` fields come last, below their names.
    pub fn show(&self, value: &Value, long: &[&str]) -> anyhow::Result<()> {
        let text = if self.json { json(value, true) + "\n" } else { details(value, long) };
        Ok(say::out(text)?)
    }

    /// Shows what a command answered: for people only the sentence.
    pub fn tell(&self, value: &Value, sentence: &str) -> anyhow::Result<()> {
        let text = if self.json { json(value, true) } else { lines(sentence) };
        Ok(say::out(text + "\n")?)
    }
}

fn details(value: &Value, long: &[&str]) -> String {
    let mut fields = Vec::new();
    flat(value, "", long, &mut fields);
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, text) in &fields {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{name:<width$}  {text}");
    }
    for name in long {
        match &value[*name] {
            Value::Null => {}
            Value::String(text) => _ = writeln!(out, "{name}:\n{}", lines(text)),
            other => _ = writeln!(out, "{name}:\n{}", json(other, true)),
        }
    }
    out
}

/// Objects within become names with a dot; what is null is left out.
fn flat(value: &Value, prefix: &str, long: &[&str], into: &mut Vec<(String, String)>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let whole = super::shown::shown(&format!("{prefix}{name}"));
        match value {
            Value::Null => {}
            _ if prefix.is_empty() && long.contains(&name.as_str()) => {}
            Value::Object(_) => flat(value, &format!("{whole}."), long, into),
            value => into.push((whole, cell(value))),
        }
    }
}
