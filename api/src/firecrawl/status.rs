//! How a crawl or a batch stands, and its documents, page by page.

use super::document::{document, is_document};
use super::error::Refusal;
use super::{batch, crawl, ids};
use crate::app::App;
use crate::auth::Caller;
use crate::v1::runs::own;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ports::store::{PageFilter, PageRow, PageSelection, RunState, RunSummary, Tally, TallyKind};
use std::time::Duration;

/// Documents in one answer, and bytes of their content after which it ends.
const DOCUMENTS: u64 = 100;
const MOST_DOCUMENTS: u64 = 1_000;
const BYTES: usize = 10 << 20;
/// Rows that are looked at together, and contents that are read together.
const ROWS: u32 = 200;
const CONTENTS: usize = 10;
/// How long the clients may take a job for kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Which documents: `skip` so many, or those after a place, as `next` says.
#[derive(Deserialize, Default)]
pub struct Which {
    pub(super) skip: Option<u64>,
    pub(super) limit: Option<u64>,
    pub(super) after: Option<u64>,
}

pub async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let summary = job(&app, &caller, &id).await?;
    let documents = documents(&app, &summary, &which).await?;
    let mut body = standing(&app, &summary).await?;
    if let Some(last) = documents.last.filter(|_| documents.more) {
        let limit = which.limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
        body["next"] = format!("{}{}?after={last}{limit}", origin(&app, &headers), uri.path()).into();
    }
    body["data"] = documents.list.into();
    Ok(Json(body))
}

/// The run that an id stands for, if it is a crawl or a batch of the caller's.
///
/// # Errors
/// 400 and 404.
pub async fn job(app: &App, caller: &Caller, id: &str) -> Result<RunSummary, Refusal> {
    let run = ids::run(id)?;
    let summary = own(app, caller, run).await.map_err(|problem| match problem.status().as_u16() {
        404 => Refusal::no_job(),
        _ => problem.into(),
    })?;
    let name = summary.name.as_deref().unwrap_or_default();
    if name == crawl::NAME || name == batch::NAME { Ok(summary) } else { Err(Refusal::no_job()) }
}

/// The body without its documents.
///
/// # Errors
/// What the store says.
pub async fn standing(app: &App, summary: &RunSummary) -> Result<Value, Refusal> {
    let tallies = app.deps.store.tallies(summary.run).await?;
    let done = summary.counts.pages + refused(&tallies);
    let open = summary.counts.admitted.saturating_sub(summary.counts.closed);
    let is_crawl = summary.name.as_deref() == Some(crawl::NAME);
    let status = match summary.state {
        RunState::Done if is_crawl && done == 0 => "failed",
        RunState::Done => "completed",
        RunState::Cancelled => "cancelled",
        RunState::Seeding | RunState::Running | RunState::Paused => "scraping",
    };
    let mut body = json!({
        "success": true,
        "status": status,
        "completed": done,
        "total": done + open,
        "creditsUsed": done,
        "expiresAt": summary.created_at.plus(KEPT).to_rfc3339(),
        "createdAt": summary.created_at.to_rfc3339(),
    });
    if let Some(ended) = summary.ended_at {
        body["completedAt"] = ended.to_rfc3339().into();
        body["duration"] = (ended.since(summary.created_at).as_millis() as u64).into();
    }
    if status == "failed" {
        body["error"] = "no page could be had; the job's errors say why".into();
    }
    if summary.state == RunState::Paused {
        body["warning"] = "the run is paused; POST /v1/runs/{run}/resume goes on with it".into();
    }
    Ok(body)
}

/// Pages for which a server answered without success.
fn refused(tallies: &[Tally]) -> u64 {
    let statuses = tallies.iter().filter(|tally| tally.kind == TallyKind::Status);
    statuses
        .filter(|tally| tally.key.parse::<u16>().is_ok_and(|status| status >= 400))
        .map(|tally| tally.count)
        .sum()
}

/// Some documents, in the order in which they were closed.
pub struct Documents {
    /// They.
    pub list: Vec<Value>,
    /// The place of the last one.
    pub last: Option<u64>,
    /// There are more by now.
    pub more: bool,
}

/// Documents after a place.
///
/// # Errors
/// What the store says.
pub async fn documents(app: &App, summary: &RunSummary, which: &Which) -> Result<Documents, Refusal> {
    let limit =
        usize::try_from(which.limit.unwrap_or(DOCUMENTS).clamp(1, MOST_DOCUMENTS)).unwrap_or(usize::MAX);
    let mut skip = which.skip.unwrap_or(0);
    let mut after = which.after;
    let mut rows: Vec<PageRow> = Vec::new();
    // One more than is shown: whether there is a next page.
    while rows.len() <= limit {
        let selection = PageSelection {
            run: summary.run,
            after,
            filter: PageFilter::default(),
            version: None,
            limit: ROWS,
        };
        let found = app.deps.store.pages(selection).await?;
        let Some(last) = found.last() else { break };
        after = Some(last.seq);
        for page in found.into_iter().filter(is_document) {
            if skip > 0 { skip -= 1 } else { rows.push(page) }
        }
    }
    let (mut out, mut bytes, mut at) = (Vec::new(), 0, 0);
    while at < rows.len().min(limit) && bytes < BYTES {
        let some = &rows[at..rows.len().min(limit).min(at + CONTENTS)];
        let seqs: Vec<u64> = some.iter().map(|page| page.seq).collect();
        let contents = app.deps.store.contents(summary.run, &seqs).await?;
        for page in some {
            let content = contents.iter().find(|(seq, _)| *seq == page.seq).map(|(_, text)| text.as_str());
            bytes += content.map_or(0, str::len);
            out.push(Value::Object(document(summary.run, page, content, None)));
        }
        at += some.len();
    }
    let last = at.checked_sub(1).and_then(|last| rows.get(last)).map(|page| page.seq);
    Ok(Documents { list: out, last, more: at < rows.len() })
}

/// How the client calls this server: `https://api.example:8443`. A proxy is believed only where the operator
/// says that there is one.
pub fn origin(app: &App, headers: &HeaderMap) -> String {
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let first = |name: &str| Some(get(name).filter(|_| app.config.forwarded)?.split(',').next()?.trim());
    let scheme = first("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
    let host = first("x-forwarded-host").or_else(|| get("host")).unwrap_or("localhost");
    format!("{}://{host}", scheme.unwrap_or("http"))
}
