//! Rows under their heads, no wider than the terminal.

use super::shown::cell;
use console::{measure_text_width, pad_str, truncate_str};
use serde_json::Value;
use std::fmt::Write;

/// The narrowest that a column becomes.
const NARROWEST: usize = 8;

/// A column: its head, and where its value stands in a row, as a JSON pointer.
#[derive(Clone, Debug)]
pub struct Column {
    head: String,
    place: String,
    right: bool,
}

/// A column of text.
pub fn text(head: &str, place: &str) -> Column {
    Column { head: head.to_owned(), place: place.to_owned(), right: false }
}

/// A column of numbers.
pub fn number(head: &str, place: &str) -> Column {
    Column { right: true, ..text(head, place) }
}

/// The rows as lines, at most `width` columns wide (None: as wide as they are), below their heads or without.
pub fn table(columns: &[Column], rows: &[Value], width: Option<usize>, with_head: bool) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(columns, row)).collect();
    let head: Vec<String> = columns.iter().map(|column| column.head.clone()).collect();
    let widest = |at: usize| {
        let lines = std::iter::once(&head).chain(&cells);
        lines.map(|line| measure_text_width(&line[at])).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns.len()).map(widest).collect();
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let mut out = String::new();
    for line in with_head.then_some(&head).into_iter().chain(&cells) {
        let mut text = String::new();
        for ((column, cell), width) in columns.iter().zip(line).zip(&widths) {
            let side = if column.right { console::Alignment::Right } else { console::Alignment::Left };
            let cut = truncate_str(cell, *width, "…");
            let _ = write!(text, "{}  ", pad_str(&cut, *width, side, None));
        }
        let _ = writeln!(out, "{}", text.trim_end());
    }
    out
}

fn cells(columns: &[Column], row: &Value) -> Vec<String> {
    columns.iter().map(|column| row.pointer(&column.place).map(cell).unwrap_or_default()).collect()
}

/// Takes from the widest column until all have room, or are as narrow as they become.
fn fit(widths: &mut [usize], width: usize) {
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

/// The width of the terminal that standard output is; None: it is none.
pub fn terminal_width() -> Option<usize> {
    let terminal = console::Term::stdout();
    terminal.is_term().then(|| usize::from(terminal.size().1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_aligned_and_fit() {
        let columns = [number("ID", "/id"), text("NAME", "/name"), text("URL", "/page/url")];
        let rows = [
            json!({ "id": 7, "name": "a", "page": { "url": "https://example.com/a/very/long/path" } }),
            json!({ "id": 1234, "name": null, "page": { "url": "日本語" } }),
        ];
        let whole = table(&columns, &rows, None, true);
        assert_eq!(
            whole,
            "  ID  NAME  URL\n   7  a     https://example.com/a/very/long/path\n1234        日本語\n"
        );
        let narrow = table(&columns, &rows, Some(30), true);
        assert!(narrow.lines().all(|line| measure_text_width(line) <= 30), "{narrow}");
        assert!(narrow.contains("https://example.c…"), "{narrow}");
        // Nothing is left out where there is no room at all.
        assert_eq!(table(&columns, &rows, Some(1), false).lines().count(), 2);
    }
}
