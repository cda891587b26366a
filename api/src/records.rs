//! Records and pages of a run, by cursor.

use crate::Deps;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use shared::ids::RunId;
use shared::ports::store::{PageSelection, RecordSelection};

/// The most rows in one answer.
const MOST: u32 = 1_000;

#[derive(Deserialize)]
pub struct Cursor {
    cursor: Option<String>,
    limit: Option<u32>,
    /// Records that were kept apart, and not the valid ones.
    #[serde(default)]
    rejected: bool,
}

impl Cursor {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MOST)
    }

    /// `SEQ` or `SEQ-ORD`, as the last answer gave it.
    fn place(&self) -> Result<Option<(u64, u32)>, Problem> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let (seq, ord) = text.split_once('-').unwrap_or((text, "0"));
        match (seq.parse(), ord.parse()) {
            (Ok(seq), Ok(ord)) => Ok(Some((seq, ord))),
            _ => Err(Problem::new(StatusCode::BAD_REQUEST, "`cursor` is not one that an answer gave")),
        }
    }
}

pub async fn records(
    State(deps): State<Deps>,
    Path(run): Path<RunId>,
    Query(cursor): Query<Cursor>,
) -> Result<Json<serde_json::Value>, Problem> {
    deps.store.summary(run).await?;
    let limit = cursor.limit();
    let selection = RecordSelection {
        after: cursor.place()?,
        valid: !cursor.rejected,
        limit,
        ..RecordSelection::of(run)
    };
    let rows = deps.store.records(selection).await?;
    let next =
        rows.last().filter(|_| rows.len() == limit as usize).map(|row| format!("{}-{}", row.seq, row.ord));
    let data: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| {
            let fields: Option<Box<RawValue>> = serde_json::from_str(&row.data).ok();
            serde_json::json!({
                "fields": fields,
                "rejected": row.rejected,
                "page": {
                    "url": row.url,
                    "final_url": row.final_url,
                    "status": row.status,
                    "fetched_at": row.fetched_at.to_rfc3339(),
                },
            })
        })
        .collect();
    Ok(Json(serde_json::json!({ "data": data, "next_cursor": next })))
}

pub async fn pages(
    State(deps): State<Deps>,
    Path(run): Path<RunId>,
    Query(cursor): Query<Cursor>,
) -> Result<Json<serde_json::Value>, Problem> {
    deps.store.summary(run).await?;
    let limit = cursor.limit();
    let after = cursor.place()?.map(|(seq, _)| seq);
    let rows = deps.store.pages(PageSelection { after, limit, ..PageSelection::of(run) }).await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|row| row.seq.to_string());
    Ok(Json(serde_json::json!({ "data": rows, "next_cursor": next })))
}
