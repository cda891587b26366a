//! Files that records go to: a projection of what the store has, written anew at each start.

mod csv;
mod jsonl;
mod parquet;

use shared::ids::RunId;
use shared::job::{Extract, FieldType, Format, Output};
use shared::ports::store::RecordRow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A file that takes records in order.
pub trait Sink: Send {
    /// Adds records.
    fn write(&mut self, rows: &[RecordRow]) -> io::Result<()>;
    /// What was written so far can be read by others (where the format allows it).
    fn flush(&mut self) -> io::Result<()>;
    /// Ends the file.
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

/// Opens an output anew.
pub fn open(output: &Output, shape: &Shape) -> io::Result<Box<dyn Sink>> {
    let format = output.format().unwrap_or(Format::Jsonl);
    let target = target(&output.path)?;
    Ok(match format {
        Format::Jsonl => Box::new(jsonl::Jsonl::new(target, shape)),
        Format::Csv => Box::new(csv::Csv::new(target, shape)?),
        Format::Parquet => Box::new(parquet::Parquet::new(target, shape)?),
    })
}

fn target(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    Ok(Box::new(BufWriter::with_capacity(64 << 10, File::create(path)?)))
}

/// The page's columns in tables, and their values.
pub const PAGE_COLUMNS: [&str; 5] =
    ["_page.url", "_page.final_url", "_page.status", "_page.fetched_at", "_page.run"];
