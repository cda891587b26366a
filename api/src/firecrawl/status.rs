//! How a crawl or a batch stands, page by page of its documents.

use super::documents::{Place, documents};
use super::error::Refusal;
use super::parts::{Parts, job};
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::firecrawl::{NOTHING, Standing, refused};
use shared::ports::store::RunState;

/// Which documents: `skip` so many, or those after a place, as `next` says.
#[derive(Deserialize, Default)]
pub struct Which {
    pub(super) skip: Option<u64>,
    pub(super) limit: Option<u64>,
    pub(super) after: Option<Place>,
}

pub async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let job = job(&app, &caller, &id).await?;
    let documents = documents(&app, &job, &which).await?;
    let mut body = standing(&app, &job).await?;
    if let Some(last) = documents.last.filter(|_| documents.more) {
        let limit = which.limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
        body["next"] = format!("{}{}?after={last}{limit}", origin(&app, &headers), uri.path()).into();
    }
    body["data"] = documents.list.into();
    Ok(Json(body))
}

/// The body without its documents.
///
/// # Errors
/// What the store says.
pub async fn standing(app: &App, job: &Parts) -> Result<Value, Refusal> {
    let (mut done, mut open) = (0, 0);
    for part in job.all() {
        done += part.counts.pages + refused(&app.deps.store.tallies(part.run).await?);
        open += part.counts.admitted.saturating_sub(part.counts.closed);
    }
    let state = job.state();
    let status = Standing::of(state, job.is_crawl(), done);
    let created_at = job.first().created_at;
    let mut body = json!({
        "success": true,
        "status": status.name(),
        "completed": done,
        "total": done + open,
        "creditsUsed": done,
        "expiresAt": job.expires_at(app.deps.clock.now()).to_rfc3339(),
        "createdAt": created_at.to_rfc3339(),
    });
    if let Some(ended) = job.ended_at() {
        body["completedAt"] = ended.to_rfc3339().into();
        body["duration"] = (ended.since(created_at).as_millis() as u64).into();
    }
    if status == Standing::Failed {
        body["error"] = NOTHING.into();
    }
    if state == RunState::Paused {
        body["warning"] = "the run is paused; POST /v1/runs/{run}/resume goes on with it".into();
    }
    Ok(body)
}

/// How the client calls this server: `https://api.example:8443`. That a proxy ends TLS is believed whoever says so: the
/// answer goes to nobody else, and a client that is sent to the wrong scheme loses documents without a word. Another name
/// is believed only where the operator says that there is a proxy.
pub fn origin(app: &App, headers: &HeaderMap) -> String {
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let first = |name: &str| Some(get(name)?.split(',').next()?.trim());
    let scheme = first("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
    let host = first("x-forwarded-host").filter(|_| app.config.forwarded);
    format!("{}://{}", scheme.unwrap_or("http"), host.or_else(|| get("host")).unwrap_or("localhost"))
}
