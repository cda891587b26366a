//! Spans of time and sizes in bytes, as people write them.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A span of time: a number of seconds, or text with a unit (`500ms`, `2s`, `1m 30s`, `2h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    /// From a JSON number (seconds) or text.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, String> {
        let refused =
            || format!("{value} is no span of time: use seconds (1.5) or a unit (`500ms`, `2s`, `1m`)");
        match value {
            serde_json::Value::Number(n) => n
                .as_f64()
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .map(Span)
                .ok_or_else(refused),
            serde_json::Value::String(text) => text.parse().map_err(|_| refused()),
            _ => Err(refused()),
        }
    }
}

impl std::str::FromStr for Span {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let s = s.trim();
        let seconds = s.parse::<f64>().ok().and_then(|n| Duration::try_from_secs_f64(n).ok());
        seconds.map_or_else(|| humantime::parse_duration(s).map_err(|_| ()), Ok).map(Span).map_err(|()| {
            format!("`{s}` is no span of time: use seconds (1.5) or a unit (`500ms`, `2s`, `1m`)")
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(d)?;
        Span::from_value(&value).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A span of time: seconds, or text with a unit.",
            "type": ["string", "number"],
            "minimum": 0,
            "examples": ["500ms", "2s", "1m 30s", 1.5]
        })
    }
}

/// A size in bytes: a whole number, or text with a unit (`10MiB`, `2 GB`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// From a JSON number (whole bytes) or text.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, String> {
        match value {
            serde_json::Value::Number(n) if n.as_f64().is_none_or(|bytes| bytes.fract() == 0.0) => {
                n.to_string().parse()
            }
            serde_json::Value::String(text) => text.parse(),
            _ => Err(format!("{value} is no size: use whole bytes (1048576) or a unit (`10MiB`, `2GB`)")),
        }
    }
}

const UNITS: [(&str, u64); 8] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
];

impl std::str::FromStr for ByteSize {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let lower = s.trim().to_ascii_lowercase();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, size)| lower.strip_suffix(name).map(|rest| (rest, *size)))
            .unwrap_or_else(|| (lower.strip_suffix('b').unwrap_or(&lower), 1));
        number
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite() && *n >= 0.0)
            // A float's cast saturates: what is too large is the largest size.
            .map(|n| ByteSize((n * unit as f64) as u64))
            .ok_or_else(|| format!("`{s}` is no size: use bytes (1048576) or a unit (`10MiB`, `2GB`)"))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS[..4].iter().rev().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size)) {
            Some((name, size)) => {
                let mut unit = name.to_uppercase();
                unit.replace_range(1..2, "i");
                write!(f, "{}{unit}", self.0 / size)
            }
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(d)?;
        ByteSize::from_value(&value).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for ByteSize {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByteSize".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A size in bytes: a whole number, or text with a unit.",
            "type": ["string", "integer"],
            "minimum": 0,
            "examples": ["10MiB", "2GB", 1048576]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, ms) in [("2", 2000), ("1.5", 1500), ("500ms", 500), ("1m 30s", 90_000), ("0", 0)] {
            assert_eq!(text.parse::<Span>().unwrap().0, Duration::from_millis(ms), "{text}");
        }
        for text in ["", "soon", "-1", "NaN", "inf"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes) in
            [("10", 10), ("10b", 10), ("10 MiB", 10 << 20), ("2GB", 2_000_000_000), ("1.5kib", 1536)]
        {
            assert_eq!(text.parse::<ByteSize>().unwrap().0, bytes, "{text}");
        }
        assert!("many".parse::<ByteSize>().is_err());
        for (json, bytes) in
            [("1000", Some(1000)), ("1e3", Some(1000)), ("1.5", None), ("-1", None), ("[]", None)]
        {
            let read = serde_json::from_str::<ByteSize>(json).ok();
            assert_eq!(read.map(|size| size.0), bytes, "{json}");
        }
        assert_eq!(ByteSize(10 << 20).to_string(), "10MiB");
        assert_eq!(ByteSize(1000).to_string(), "1000");
    }
}
