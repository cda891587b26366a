//! CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets a `'` in front.

use super::{Column, PAGE_COLUMNS, Shape, Sink};
use serde_json::Value;
use shared::job::FieldType;
use shared::ports::store::RecordRow;
use std::borrow::Cow;
use std::io::{self, Write};

pub struct Csv {
    writer: csv::Writer<Box<dyn Write + Send>>,
    columns: Vec<Column>,
    run: String,
}

impl Csv {
    pub fn new(target: Box<dyn Write + Send>, shape: &Shape) -> io::Result<Self> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(target);
        let names = shape.columns.iter().map(|column| column.name.as_str());
        writer.write_record(names.chain(PAGE_COLUMNS).map(|name| harmless(name.into()).into_owned()))?;
        Ok(Csv { writer, columns: shape.columns.clone(), run: shape.run.to_string() })
    }
}

impl Sink for Csv {
    fn write(&mut self, rows: &[RecordRow]) -> io::Result<()> {
        for row in rows {
            let fields: Value = serde_json::from_str(&row.data)?;
            for column in &self.columns {
                self.writer.write_field(cell(&fields[&column.name], column.kind).as_ref())?;
            }
            let status = row.status.map(|status| status.to_string()).unwrap_or_default();
            let at = row.fetched_at.to_rfc3339();
            let (url, last) = (harmless((&*row.url).into()), harmless((&*row.final_url).into()));
            self.writer.write_record([&*url, &*last, &status, &at, &self.run])?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.writer.flush()
    }
}

fn cell(value: &Value, kind: FieldType) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::Number(number) if matches!(kind, FieldType::Integer | FieldType::Number) => {
            number.to_string().into()
        }
        Value::String(text) => harmless(text.into()),
        other => harmless(other.to_string().into()),
    }
}

/// What spreadsheets take for a formula (OWASP ASVS 1.2.10), the full-width forms included.
fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_formula = begins_formula(&text);
    // Where `;` or a tab divides cells, quotes do not keep what stands behind it from being one.
    let divides = |c: char| matches!(c, ';' | '\t');
    if !text.match_indices(divides).any(|(at, c)| begins_formula(&text[at + c.len()..])) {
        return if is_formula { format!("'{text}").into() } else { text };
    }
    let mut out = String::with_capacity(text.len() + 8);
    if is_formula {
        out.push('\'');
    }
    let mut rest = &*text;
    while let Some(at) = rest.find(divides) {
        let (cell, more) = rest.split_at(at + 1);
        out.push_str(cell);
        if begins_formula(more) {
            out.push('\'');
        }
        rest = more;
    }
    out.push_str(rest);
    out.into()
}

fn begins_formula(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\u{feff}']).chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_numbers_stay() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\u{feff}=1"] {
            assert!(harmless(text.into()).starts_with('\''), "{text:?}");
        }
        assert_eq!(harmless("a=1".into()), "a=1");
        for (text, made) in [
            (";=1", ";'=1"),
            ("a; +1;-2", "a;' +1;'-2"),
            ("=a;=b", "'=a;'=b"),
            ("a\t@b", "a\t'@b"),
            ("a;b", "a;b"),
        ] {
            assert_eq!(harmless(text.into()), made);
        }
        assert_eq!(cell(&serde_json::json!(-5), FieldType::Number), "-5");
        assert_eq!(cell(&serde_json::json!([1, "a"]), FieldType::Json), r#"[1,"a"]"#);
    }
}
