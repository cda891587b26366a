//! JSON Lines: the fields by name at the top, the page's under `_page`.

use super::{Shape, Sink};
use shared::ports::store::RecordRow;
use std::io::{self, Write};

pub struct Jsonl {
    target: Box<dyn Write + Send>,
    run: i64,
    line: Vec<u8>,
}

impl Jsonl {
    pub fn new(target: Box<dyn Write + Send>, shape: &Shape) -> Self {
        Jsonl { target, run: shape.run.0, line: Vec::new() }
    }
}

impl Sink for Jsonl {
    fn write(&mut self, rows: &[RecordRow]) -> io::Result<()> {
        for row in rows {
            self.line.clear();
            line(&mut self.line, row, self.run)?;
            self.target.write_all(&self.line)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.target.flush()
    }
}

/// One record as a line. `row.data` is a JSON object already; `_page` is added at its end.
fn line(out: &mut Vec<u8>, row: &RecordRow, run: i64) -> io::Result<()> {
    let fields = row.data.trim_end().strip_suffix('}').unwrap_or("{");
    out.extend_from_slice(fields.as_bytes());
    if fields.trim_start() != "{" {
        out.push(b',');
    }
    out.extend_from_slice(b"\"_page\":{\"url\":");
    serde_json::to_writer(&mut *out, &row.url)?;
    out.extend_from_slice(b",\"final_url\":");
    serde_json::to_writer(&mut *out, &row.final_url)?;
    write!(out, ",\"status\":")?;
    serde_json::to_writer(&mut *out, &row.status)?;
    writeln!(out, ",\"fetched_at\":\"{}\",\"run\":{run}}}}}", row.fetched_at.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Timestamp;

    fn row(data: &str) -> RecordRow {
        RecordRow {
            seq: 1,
            ord: 0,
            data: data.into(),
            rejected: None,
            url: "https://a.example/\"".into(),
            final_url: "https://a.example/".into(),
            status: Some(200),
            fetched_at: Timestamp(0),
        }
    }

    #[test]
    fn a_line_is_one_object_with_the_page_at_its_end() {
        for data in [r#"{"a":1}"#, "{}", r#"{"a":{"b":[]}} "#] {
            let mut out = Vec::new();
            line(&mut out, &row(data), 7).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.matches('\n').count(), 1);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["_page"]["url"], "https://a.example/\"");
            assert_eq!(value["_page"]["status"], 200);
            assert_eq!(value["_page"]["run"], 7);
            assert_eq!(value["_page"]["fetched_at"], "1970-01-01T00:00:00.000Z");
        }
    }
}
