#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A file that the records go to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The file; `-` is standard output. It is written anew at each start, resumed or not.
    pub path: PathBuf,
    /// By default from the file's ending: `.jsonl` or `.ndjson`, `.csv`, `.parquet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// RFC 4180, with a header line.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Output {
    /// The format, said or guessed; `-` is JSON Lines. None where the ending says nothing.
    pub fn format(&self) -> Option<Format> {
        self.format.or_else(|| Format::of_path(&self.path))
    }
}

impl Format {
    /// The format that a file's ending stands for.
    pub fn of_path(path: &Path) -> Option<Self> {
        if path.as_os_str() == "-" {
            return Some(Format::Jsonl);
        }
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" | "jl" | "json" => Some(Format::Jsonl),
            "csv" => Some(Format::Csv),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }
}
