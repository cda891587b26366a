//! Records read back from each format, as one kind of row.

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value};
use std::fs::File;
use std::path::Path;

/// A record: its fields, and the page's as `_page.url` and so on.
pub type Record = Map<String, Value>;

/// The records of a JSON Lines file.
pub fn jsonl(path: &Path) -> Vec<Record> {
    lines(&std::fs::read_to_string(path).unwrap())
}

/// The records of JSON Lines.
pub fn lines(text: &str) -> Vec<Record> {
    text.lines().map(line).collect()
}

fn line(text: &str) -> Record {
    let mut record: Record = serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"));
    if let Some(Value::Object(page)) = record.remove("_page") {
        record.extend(page.into_iter().map(|(name, value)| (format!("_page.{name}"), value)));
    }
    record
}

/// The records of a CSV file. A cell is read as JSON where it is some, else as text; an empty one is null.
pub fn csv(path: &Path) -> Vec<Record> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names = reader.headers().unwrap().clone();
    let value = |cell: &str| match cell {
        "" => Value::Null,
        cell => serde_json::from_str(cell).unwrap_or_else(|_| cell.into()),
    };
    let record = |row: csv::StringRecord| {
        names.iter().zip(&row).map(|(name, cell)| (name.to_owned(), value(cell))).collect()
    };
    reader.records().map(|row| record(row.unwrap())).collect()
}

/// The records of a Parquet file.
pub fn parquet(path: &Path) -> Vec<Record> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        row.unwrap().into_columns().into_iter().map(|(name, field)| (name, value(field))).collect()
    })
    .collect()
}

fn value(field: Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => value.into(),
        Field::Long(value) | Field::TimestampMillis(value) => value.into(),
        // JSON has one kind of number.
        Field::Double(value) if value.fract() == 0.0 => (value as i64).into(),
        Field::Double(value) => value.into(),
        Field::Str(value) => value.into(),
        other => panic!("no column has such values: {other:?}"),
    }
}
