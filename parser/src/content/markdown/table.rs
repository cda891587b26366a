//! Tables, as GitHub writes them. A table that only lays out the page is no table.

use super::escape;
use super::inline::Inline;
use super::shape::Shape;
use crate::content::view::View;
use crate::tree::attribute;
use ego_tree::NodeRef;
use html5ever::{LocalName, local_name};
use scraper::Node;

/// Columns and rows of one table.
const MOST_COLUMNS: usize = 64;
const MOST_ROWS: usize = 10_000;

/// A row: its cells, and whether all of them are headings.
struct Row {
    cells: Vec<String>,
    is_head: bool,
}

/// The table's lines; None where it is better read as blocks.
pub fn table<'a>(view: &View<'a>, shape: &Shape, node: NodeRef<'a, Node>) -> Option<String> {
    let element = node.value().as_element()?;
    if matches!(attribute(element, &LocalName::from("role")), Some("presentation" | "none")) {
        return None;
    }
    let nodes = rows(view, node);
    let has_blocks = |cell: &NodeRef<'a, Node>| shape.holds_blocks(*cell) && holds_layout(view, *cell);
    if nodes.iter().flat_map(|row| cells(view, *row)).any(|cell| has_blocks(&cell)) {
        return None;
    }
    let inline = Inline { view, shape };
    let mut rows: Vec<Row> = nodes.iter().map(|row| read(view, inline, *row)).collect();
    rows.retain(|row| row.cells.iter().any(|cell| !cell.is_empty()));
    let columns = rows.iter().map(|row| row.cells.len()).max()?;
    if columns < 2 {
        return None;
    }
    if !rows.first().is_some_and(|row| row.is_head) {
        let heads = rows.iter().any(|row| row.is_head);
        // Without headings the first row is one, unless some later row is.
        if heads || rows.len() < 2 {
            rows.insert(0, Row { cells: Vec::new(), is_head: true });
        }
    }
    let mut lines = Vec::with_capacity(rows.len() + 2);
    if let Some(caption) = caption(view, inline, node) {
        lines.push(caption);
        lines.push(String::new());
    }
    for (n, row) in rows.iter().enumerate() {
        let cell = |i: usize| row.cells.get(i).map_or("", String::as_str);
        let cells: Vec<&str> = (0..columns).map(cell).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
        if n == 0 {
            lines.push(format!("| {} |", vec!["---"; columns].join(" | ")));
        }
    }
    Some(lines.join("\n"))
}

fn named(node: NodeRef<'_, Node>, names: &[LocalName]) -> bool {
    node.value().as_element().is_some_and(|element| names.contains(&element.name.local))
}

fn rows<'a>(view: &View<'a>, table: NodeRef<'a, Node>) -> Vec<NodeRef<'a, Node>> {
    let groups = [local_name!("thead"), local_name!("tbody"), local_name!("tfoot")];
    let mut out = Vec::new();
    for child in view.children(table) {
        if named(child, &[local_name!("tr")]) {
            out.push(child);
        } else if named(child, &groups) {
            out.extend(view.children(child).filter(|row| named(*row, &[local_name!("tr")])));
        }
    }
    out.truncate(MOST_ROWS);
    out
}

fn cells<'a>(view: &View<'a>, row: NodeRef<'a, Node>) -> Vec<NodeRef<'a, Node>> {
    let names = [local_name!("td"), local_name!("th")];
    view.children(row).filter(|cell| named(*cell, &names)).take(MOST_COLUMNS).collect()
}

/// Whether a cell holds what a line cannot: tables, lists, headings, code.
fn holds_layout<'a>(view: &View<'a>, cell: NodeRef<'a, Node>) -> bool {
    let layout = [
        local_name!("table"),
        local_name!("pre"),
        local_name!("blockquote"),
        local_name!("h1"),
        local_name!("h2"),
        local_name!("h3"),
    ];
    cell.descendants().any(|node| named(node, &layout) && view.keeps(node))
}

fn read<'a>(view: &View<'a>, inline: Inline<'_, 'a>, row: NodeRef<'a, Node>) -> Row {
    let nodes = cells(view, row);
    let in_head = row.parent().is_some_and(|group| named(group, &[local_name!("thead")]));
    let is_head =
        in_head || (!nodes.is_empty() && nodes.iter().all(|cell| named(*cell, &[local_name!("th")])));
    let mut out = Vec::new();
    for cell in nodes {
        out.push(escape::cell(&inline.line(cell)));
        let span = cell.value().as_element().and_then(|e| attribute(e, &LocalName::from("colspan")));
        let span = span.and_then(|n| n.trim().parse::<usize>().ok()).unwrap_or(1);
        let room = MOST_COLUMNS.saturating_sub(out.len());
        out.extend(std::iter::repeat_n(String::new(), span.saturating_sub(1).min(room)));
    }
    Row { cells: out, is_head }
}

fn caption<'a>(view: &View<'a>, inline: Inline<'_, 'a>, table: NodeRef<'a, Node>) -> Option<String> {
    let caption = view.children(table).find(|child| named(*child, &[local_name!("caption")]))?;
    Some(inline.line(caption)).filter(|text| !text.is_empty())
}
