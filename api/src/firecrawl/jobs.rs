//! The routes of a job under way, as a crawl and as a batch: what they answer is the same.

use super::error::Refusal;
use super::status::Which;
use super::{control, status};
use crate::app::App;
use crate::auth::Caller;
use crate::openapi::{Cancelled, Errors, Status};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(crawl, cancel_crawl))
        .routes(routes!(crawl_errors))
        .routes(routes!(batch, cancel_batch))
        .routes(routes!(batch_errors))
}

/// How a crawl stands, and its documents, page by page.
#[utoipa::path(get, path = "/v2/crawl/{id}", tag = "v2", operation_id = "v2_crawl_status",
    params(("id" = String, Path, format = Uuid), ("skip" = Option<u64>, Query), ("limit" = Option<u64>, Query),
        ("after" = Option<String>, Query, pattern = "^[0-9]{1,9}(\\.[0-9]{1,9})?$")),
    responses((status = 200, description = "How it stands.", body = Status)))]
async fn crawl(
    app: State<App>,
    caller: Caller,
    id: Path<String>,
    uri: Uri,
    which: Query<Which>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    status::read(app, caller, id, uri, which, headers).await
}

/// End a crawl.
#[utoipa::path(delete, path = "/v2/crawl/{id}", tag = "v2", operation_id = "v2_crawl_cancel", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, description = "It is ended.", body = Cancelled)))]
async fn cancel_crawl(app: State<App>, caller: Caller, id: Path<String>) -> Result<Json<Value>, Refusal> {
    control::cancel(app, caller, id).await
}

/// What went wrong in a crawl.
#[utoipa::path(get, path = "/v2/crawl/{id}/errors", tag = "v2", operation_id = "v2_crawl_errors", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, description = "What went wrong.", body = Errors)))]
async fn crawl_errors(app: State<App>, caller: Caller, id: Path<String>) -> Result<Json<Value>, Refusal> {
    control::errors(app, caller, id).await
}

/// How a batch stands, and its documents, page by page.
#[utoipa::path(get, path = "/v2/batch/scrape/{id}", tag = "v2", operation_id = "v2_batch_status",
    params(("id" = String, Path, format = Uuid), ("skip" = Option<u64>, Query), ("limit" = Option<u64>, Query),
        ("after" = Option<String>, Query, pattern = "^[0-9]{1,9}(\\.[0-9]{1,9})?$")),
    responses((status = 200, description = "How it stands.", body = Status)))]
async fn batch(
    app: State<App>,
    caller: Caller,
    id: Path<String>,
    uri: Uri,
    which: Query<Which>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    status::read(app, caller, id, uri, which, headers).await
}

/// End a batch.
#[utoipa::path(delete, path = "/v2/batch/scrape/{id}", tag = "v2", operation_id = "v2_batch_cancel", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, description = "It is ended.", body = Cancelled)))]
async fn cancel_batch(app: State<App>, caller: Caller, id: Path<String>) -> Result<Json<Value>, Refusal> {
    control::cancel(app, caller, id).await
}

/// What went wrong in a batch.
#[utoipa::path(get, path = "/v2/batch/scrape/{id}/errors", tag = "v2", operation_id = "v2_batch_errors", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, description = "What went wrong.", body = Errors)))]
async fn batch_errors(app: State<App>, caller: Caller, id: Path<String>) -> Result<Json<Value>, Refusal> {
    control::errors(app, caller, id).await
}
