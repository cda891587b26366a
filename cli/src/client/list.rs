//! Lists, page by page: a table for people, one JSON object a line for machines.

use super::Asker;
use super::api::Query;
use super::shown::{json, shown};
use super::table::{Column, table, terminal_width};
use crate::args::Paging;
use crate::say;
use anyhow::bail;
use serde_json::Value;

/// Rows asked for at a time.
const PAGE: u64 = 1_000;

impl Asker {
    /// Shows a list in these columns.
    pub async fn list(
        &self,
        path: &[&str],
        query: Query<'_>,
        paging: &Paging,
        columns: &[Column],
    ) -> anyhow::Result<()> {
        self.list_as(path, query, paging, |_| columns.to_vec()).await
    }

    /// Shows a list in columns that its first rows name.
    pub async fn list_as(
        &self,
        path: &[&str],
        query: Query<'_>,
        paging: &Paging,
        columns: impl Fn(&[Value]) -> Vec<Column>,
    ) -> anyhow::Result<()> {
        let mut cursor = paging.cursor.clone();
        let mut left = if paging.all { u64::MAX } else { paging.limit };
        let mut is_first = true;
        while left > 0 {
            let mut query = query.to_vec();
            query.push(("limit", Some(left.min(PAGE).to_string())));
            query.push(("cursor", cursor.take()));
            let mut page = self.api.get(path, &query).await?;
            let Value::Array(rows) = page["data"].take() else { bail!("the answer holds no list") };
            left -= left.min(rows.len() as u64);
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            self.show_rows(&rows, is_first, &columns)?;
            is_first = false;
            if cursor.is_none() {
                return Ok(());
            }
        }
        if let Some(cursor) = cursor.filter(|_| !self.json) {
            say::err(format_args!(
                "there may be more: --all, a higher --limit, or --cursor {}",
                shown(&cursor)
            ));
        }
        Ok(())
    }

    fn show_rows(
        &self,
        rows: &[Value],
        is_first: bool,
        columns: &impl Fn(&[Value]) -> Vec<Column>,
    ) -> anyhow::Result<()> {
        if self.json {
            for row in rows {
                say::out(json(row, false) + "\n")?;
            }
            return Ok(());
        }
        if rows.is_empty() {
            if is_first {
                say::err("there are none");
            }
            return Ok(());
        }
        Ok(say::out(table(&columns(rows), rows, terminal_width(), is_first))?)
    }
}
