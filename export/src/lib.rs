//! Records as JSON Lines, CSV and Parquet, written in order and in batches.

mod csv;
mod jsonl;
mod parquet;

use shared::ids::RunId;
use shared::job::{Extract, FieldType, Format};
use shared::ports::store::RecordRow;
use std::io::{self, Write};

/// A file that takes records in order.
pub trait Sink: Send {
    /// Adds records.
    ///
    /// # Errors
    /// If they cannot be written.
    fn write(&mut self, rows: &[RecordRow]) -> io::Result<()>;
    /// What was written so far can be read by others (where the format allows it).
    ///
    /// # Errors
    /// If that cannot be written.
    fn flush(&mut self) -> io::Result<()>;
    /// Ends the file.
    ///
    /// # Errors
    /// If its end cannot be written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// What the formats need to know of a run.
#[derive(Clone)]
pub struct Shape {
    /// The run, for `_page.run`.
    pub run: RunId,
    /// The columns: names, types, and whether a list.
    pub columns: Vec<Column>,
}

/// A column of a table.
#[derive(Clone)]
pub struct Column {
    /// The field's name.
    pub name: String,
    /// What its values are.
    pub kind: FieldType,
}

impl Shape {
    /// The shape of a job's records. A list is a column of JSON text.
    pub fn of(run: RunId, extract: Option<&Extract>) -> Self {
        let columns = extract
            .into_iter()
            .flat_map(|extract| &extract.fields)
            .map(|(name, field)| Column {
                name: name.clone(),
                kind: if field.list { FieldType::Json } else { field.kind },
            })
            .collect();
        Shape { run, columns }
    }
}

/// Begins a file of this format.
///
/// # Errors
/// If its head cannot be written.
pub fn sink(format: Format, target: Box<dyn Write + Send>, shape: &Shape) -> io::Result<Box<dyn Sink>> {
    Ok(match format {
        Format::Jsonl => Box::new(jsonl::Jsonl::new(target, shape)),
        Format::Csv => Box::new(csv::Csv::new(target, shape)?),
        Format::Parquet => Box::new(parquet::Parquet::new(target, shape)?),
    })
}

/// The page's columns in tables, and their values.
pub const PAGE_COLUMNS: [&str; 5] =
    ["_page.url", "_page.final_url", "_page.status", "_page.fetched_at", "_page.run"];
