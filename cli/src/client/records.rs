//! `harvestman records`.

use super::Asker;
use super::table::{Column, number, text};
use crate::args::RecordsCommand;
use serde_json::Value;
use std::process::ExitCode;

pub async fn run(asker: &Asker, command: &RecordsCommand) -> anyhow::Result<ExitCode> {
    let RecordsCommand::List { run, rejected, version, paging } = command;
    let query = [
        ("rejected", rejected.then(|| "true".to_owned())),
        ("version", version.map(|version| version.to_string())),
    ];
    let path = ["runs", &run.to_string(), "records"];
    asker.list_as(&path, &query, paging, |rows| columns(rows, *rejected)).await?;
    Ok(ExitCode::SUCCESS)
}

/// A column for each field that the rows have, in the order of the first one.
fn columns(rows: &[Value], rejected: bool) -> Vec<Column> {
    let mut all = vec![number("SEQ", "/page/seq")];
    if rejected {
        all.push(text("REJECTED", "/rejected"));
    }
    let mut names: Vec<&String> = Vec::new();
    for name in rows.iter().filter_map(|row| row["fields"].as_object()).flat_map(|fields| fields.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let pointer = format!("/fields/{}", name.replace('~', "~0").replace('/', "~1"));
        all.push(text(&super::shown::shown(name), &pointer));
    }
    all.push(text("URL", "/page/url"));
    all
}
