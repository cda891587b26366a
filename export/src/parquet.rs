//! Apache Parquet: one optional column a field, typed as the job says; lists and JSON as text.

use super::{PAGE_COLUMNS, Shape, Sink};
use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::Value;
use shared::job::FieldType;
use shared::ports::store::RecordRow;
use std::io::{self, Write};
use std::sync::Arc;

/// Records in a row group, and bytes of them, whichever is reached first; so much is held in memory, several times.
const GROUP: usize = 5_000;
const GROUP_BYTES: usize = 4 << 20;

pub struct Parquet {
    writer: SerializedFileWriter<Box<dyn Write + Send>>,
    shape: Shape,
    rows: Vec<RecordRow>,
    bytes: usize,
}

impl Parquet {
    pub fn new(target: Box<dyn Write + Send>, shape: &Shape) -> io::Result<Self> {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let schema = schema(shape).map_err(io::Error::other)?;
        let writer =
            SerializedFileWriter::new(target, schema, Arc::new(properties)).map_err(io::Error::other)?;
        Ok(Parquet { writer, shape: shape.clone(), rows: Vec::new(), bytes: 0 })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let fields: Vec<Value> =
            self.rows.iter().map(|row| serde_json::from_str(&row.data).unwrap_or(Value::Null)).collect();
        let mut group = self.writer.next_row_group()?;
        for column in &self.shape.columns {
            let values =
                fields.iter().map(|fields| fields.get(&column.name).filter(|value| !value.is_null()));
            let Some(writer) = group.next_column()? else { break };
            match column.kind {
                FieldType::Integer => put::<Int64Type>(writer, values.map(|v| v?.as_i64())),
                FieldType::Number => put::<DoubleType>(writer, values.map(|v| v?.as_f64())),
                FieldType::Boolean => put::<BoolType>(writer, values.map(|v| v?.as_bool())),
                _ => put::<ByteArrayType>(writer, values.map(|v| v.map(text))),
            }?;
        }
        let run = self.shape.run.0;
        let rows = self.rows.iter();
        for name in PAGE_COLUMNS {
            let Some(writer) = group.next_column()? else { break };
            let rows = rows.clone();
            match name {
                "_page.url" => put::<ByteArrayType>(writer, rows.map(|row| Some(row.url.as_str().into()))),
                "_page.final_url" => {
                    put::<ByteArrayType>(writer, rows.map(|row| Some(row.final_url.as_str().into())))
                }
                "_page.status" => put::<Int64Type>(writer, rows.map(|row| row.status.map(i64::from))),
                "_page.fetched_at" => put::<Int64Type>(writer, rows.map(|row| Some(row.fetched_at.0))),
                _ => put::<Int64Type>(writer, rows.map(|_| Some(run))),
            }?;
        }
        group.close()?;
        self.rows.clear();
        self.bytes = 0;
        Ok(())
    }
}

impl Sink for Parquet {
    fn write(&mut self, rows: &[RecordRow]) -> io::Result<()> {
        for row in rows {
            self.bytes += row.data.len() + row.url.len() + row.final_url.len();
            self.rows.push(row.clone());
            if self.rows.len() >= GROUP || self.bytes >= GROUP_BYTES {
                self.write_group().map_err(io::Error::other)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.write_group().map_err(io::Error::other)?;
        self.writer.into_inner().map_err(io::Error::other)?.flush()
    }
}

/// A column of optional values: the values that are there, and a definition level for each row.
fn put<T: DataType>(
    mut writer: SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let mut levels = Vec::new();
    let mut there = Vec::new();
    for value in values {
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    writer.typed::<T>().write_batch(&there, Some(&levels), None)?;
    writer.close()
}

fn text(value: &Value) -> ByteArray {
    match value {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().as_str().into(),
    }
}

fn schema(shape: &Shape) -> Result<Arc<Type>, ParquetError> {
    let optional = |name: &str, physical, converted| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(converted)
            .build()
            .map(Arc::new)
    };
    let fields = shape.columns.iter().map(|column| match column.kind {
        FieldType::Integer => optional(&column.name, Physical::INT64, ConvertedType::NONE),
        FieldType::Number => optional(&column.name, Physical::DOUBLE, ConvertedType::NONE),
        FieldType::Boolean => optional(&column.name, Physical::BOOLEAN, ConvertedType::NONE),
        FieldType::Json => optional(&column.name, Physical::BYTE_ARRAY, ConvertedType::JSON),
        _ => optional(&column.name, Physical::BYTE_ARRAY, ConvertedType::UTF8),
    });
    let page = PAGE_COLUMNS.iter().map(|name| match *name {
        "_page.fetched_at" => optional(name, Physical::INT64, ConvertedType::TIMESTAMP_MILLIS),
        "_page.status" | "_page.run" => optional(name, Physical::INT64, ConvertedType::NONE),
        _ => optional(name, Physical::BYTE_ARRAY, ConvertedType::UTF8),
    });
    let columns = fields.chain(page).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("record").with_fields(columns).build().map(Arc::new)
}
