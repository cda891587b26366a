//! Files of a run's records that are kept in the archive: asked for, watched, fetched, deleted.

use super::exports::FileFormat;
use super::runs::owned;
use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::Caller;
use crate::files::{ending, media_type};
use crate::frame::Once;
use crate::frame::extract::{OptionalBody, Path, Query};
use crate::frame::listing::{Listing, Paging};
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::ids::{ExportId, RunId};
use shared::ports::Archive;
use shared::ports::store::control::{ExportFilter, ExportInfo, ExportState, NewExport};
use std::io;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes that are read from the archive at a time.
const PIECE: u64 = 1 << 20;
/// The longest URL that is compared with.
pub const LONGEST_PREFIX: usize = 2_083;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read, delete)).routes(routes!(content))
}

/// A file to be kept.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FileBody {
    /// Its format.
    #[serde(default)]
    format: FileFormat,
    /// Of this version of what was read from the pages; without it, of the current one.
    version: Option<u32>,
    /// Only records that were found where the URL begins with this.
    #[schema(max_length = 2083)]
    url_prefix: Option<String>,
}

/// A file of a run's records in the archive.
#[derive(Serialize, ToSchema)]
struct FileView {
    /// Its id.
    id: i64,
    /// The run.
    run: i64,
    /// Its format.
    format: FileFormat,
    /// The version of what was read from the pages.
    version: Option<u32>,
    /// Only records that were found where the URL begins with this.
    url_prefix: Option<String>,
    /// `queued`, `writing`, `ready` or `failed`.
    #[schema(value_type = String)]
    state: ExportState,
    /// When it was asked for. It holds the records that were there then.
    created_at: String,
    /// When it was ready, or failed.
    ended_at: Option<String>,
    /// Records, in all or so far.
    rows: u64,
    /// Bytes, in all or so far.
    bytes: u64,
    /// How often its writing was begun.
    tries: u32,
    /// Why the last try failed.
    reason: Option<String>,
    /// Its name in the archive, when it is ready.
    object: Option<String>,
    /// Where it is fetched, when it is ready.
    content: Option<String>,
}

impl From<ExportInfo> for FileView {
    fn from(info: ExportInfo) -> Self {
        let (run, id) = (info.run, info.id);
        FileView {
            id: id.0,
            run: run.0,
            format: info.format.into(),
            version: info.filter.version,
            url_prefix: info.filter.url_prefix,
            state: info.state,
            created_at: shown(info.created_at),
            ended_at: maybe(info.ended_at),
            rows: info.written.rows,
            bytes: info.written.bytes,
            tries: info.tries,
            reason: info.reason,
            content: info.object.as_ref().map(|_| format!("/v1/runs/{run}/exports/{id}/content")),
            object: info.object,
        }
    }
}

/// Have a run's valid records written into the archive as a file. It holds those that are there now.
#[utoipa::path(post, path = "/v1/runs/{run}/exports", tag = "exports", params(("run" = i64, Path)),
    request_body = Option<FileBody>,
    responses((status = 202, description = "It will be written; `Location` says where it can be watched.",
        body = FileView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Path(run): Path<RunId>,
    OptionalBody(body): OptionalBody<FileBody>,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    if body.url_prefix.as_ref().is_some_and(|prefix| prefix.len() > LONGEST_PREFIX) {
        return Err(Problem::field("/url_prefix", format!("at most {LONGEST_PREFIX} bytes")));
    }
    let filter = ExportFilter { version: body.version, url_prefix: body.url_prefix };
    let new = NewExport { run, format: body.format.into(), filter, once: once.0 };
    let info = app.control().create_export(new).await?;
    app.asked_for_file.notify_one();
    let place = format!("/v1/runs/{run}/exports/{}", info.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(FileView::from(info))).into_response())
}

/// List the files of a run's records, newest first.
#[utoipa::path(get, path = "/v1/runs/{run}/exports", tag = "exports", params(("run" = i64, Path), Paging),
    responses((status = 200, description = "A page.", body = Listing<FileView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    uri: Uri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    let asked = paging.of(&app, format!("exports of {run}"), &uri)?;
    let rows = app.control().exports(run, asked.place, asked.limit).await?;
    Ok(asked.answer(rows, |info| info.id, FileView::from))
}

/// Read how a file stands.
#[utoipa::path(get, path = "/v1/runs/{run}/exports/{export}", tag = "exports",
    params(("run" = i64, Path), ("export" = i64, Path)),
    responses((status = 200, description = "The file, without its content.", body = FileView)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path((run, export)): Path<(RunId, ExportId)>,
) -> Result<Json<FileView>, Problem> {
    owned(&app, &caller, run).await?;
    Ok(Json(app.control().export(run, export).await?.into()))
}

/// Fetch a file that is ready.
#[utoipa::path(get, path = "/v1/runs/{run}/exports/{export}/content", tag = "exports",
    params(("run" = i64, Path), ("export" = i64, Path)),
    responses((status = 200, description = "The file.", content(
        (Vec<u8> = "application/x-ndjson"), (Vec<u8> = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet")))))]
async fn content(
    State(app): State<App>,
    caller: Caller,
    Path((run, export)): Path<(RunId, ExportId)>,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    let info = app.control().export(run, export).await?;
    let Some(object) = info.object else {
        let why = if info.state == ExportState::Failed { "could not be written" } else { "is not ready yet" };
        return Err(Problem::new(StatusCode::CONFLICT, format!("export {export} {why}")));
    };
    let len = info.written.bytes;
    // The first piece now: what is gone from the archive is a 404, and not an answer that breaks off.
    let first = app.deps.archive.read(&object, 0, len.min(PIECE)).await?;
    let mut response = Response::new(Body::from_stream(pieces(app.deps.archive.clone(), object, len, first)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(info.format)));
    headers.insert(header::CONTENT_LENGTH, len.into());
    let name = format!("attachment; filename=\"run-{run}-{export}.{}\"", ending(info.format));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// An object, piece by piece.
fn pieces(
    archive: Arc<dyn Archive>,
    object: String,
    len: u64,
    first: Bytes,
) -> impl futures::Stream<Item = io::Result<Bytes>> {
    futures::stream::try_unfold((0, Some(first)), move |(at, ready)| {
        let (archive, object) = (archive.clone(), object.clone());
        async move {
            if at >= len {
                return Ok(None);
            }
            let piece = match ready {
                Some(first) => first,
                // The client sees a broken transfer, and not a file that ends too early.
                None => archive.read(&object, at, (len - at).min(PIECE)).await.map_err(|error| {
                    tracing::warn!(%error, object, "a file broke off");
                    io::Error::other(error)
                })?,
            };
            let next = at + piece.len() as u64;
            Ok(Some((piece, (next, None))))
        }
    })
}

/// Delete a file. One that is being written is not finished.
#[utoipa::path(delete, path = "/v1/runs/{run}/exports/{export}", tag = "exports",
    params(("run" = i64, Path), ("export" = i64, Path)),
    responses((status = 204, description = "Deleted.")))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path((run, export)): Path<(RunId, ExportId)>,
) -> Result<StatusCode, Problem> {
    owned(&app, &caller, run).await?;
    let info = app.control().export(run, export).await?;
    // First the bytes: if that fails, the request can be made again.
    if let Some(object) = info.object {
        app.deps.archive.remove(&object).await?;
    }
    app.control().delete_export(run, export).await?;
    Ok(StatusCode::NO_CONTENT)
}
