//! A run's records as a file, streamed: what is held in memory is one batch, whatever there is.

use super::files::LONGEST_PREFIX;
use super::runs::owned;
use crate::app::App;
use crate::auth::Caller;
use crate::files::{File, ending, media_type};
use crate::frame::extract::{Path, Query};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use shared::ids::RunId;
use shared::job::Format;
use shared::ports::store::control::ExportFilter;
use std::io;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Batches that may wait for a slow client.
const AHEAD: usize = 2;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_records))
}

/// The file.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Its format.
    #[serde(default)]
    format: FileFormat,
    /// Of this version of what was read from the pages; without it, of the current one.
    version: Option<u32>,
    /// Only records that were found where the URL begins with this.
    #[param(max_length = 2083)]
    url_prefix: Option<String>,
}

/// A file format.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// One JSON object a line.
    #[default]
    Jsonl,
    /// RFC 4180 with a header line; cells that a spreadsheet would run get a `'` in front.
    Csv,
    /// Apache Parquet, typed as the job says.
    Parquet,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Jsonl => Format::Jsonl,
            FileFormat::Csv => Format::Csv,
            FileFormat::Parquet => Format::Parquet,
        }
    }
}

impl From<Format> for FileFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Jsonl => FileFormat::Jsonl,
            Format::Csv => FileFormat::Csv,
            Format::Parquet => FileFormat::Parquet,
        }
    }
}

/// Export a run's valid records as a file, at once. One that is to be kept in the archive is asked for by `POST
/// /v1/runs/{run}/exports`.
#[utoipa::path(get, path = "/v1/runs/{run}/export", tag = "exports", operation_id = "download", params(("run" = i64, Path), Which),
    responses((status = 200, description = "The file.", content(
        (Vec<u8> = "application/x-ndjson"), (Vec<u8> = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet")))))]
async fn export_records(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    if which.url_prefix.as_ref().is_some_and(|prefix| prefix.len() > LONGEST_PREFIX) {
        return Err(Problem::parameter("query:url_prefix", format!("at most {LONGEST_PREFIX} bytes")));
    }
    if let Some(version) = which.version.filter(|version| *version > 0) {
        app.control().reparse(run, version).await?;
    }
    let format = which.format.into();
    let job = app.deps.store.run(run).await?.job;
    let filter = ExportFilter { version: which.version, url_prefix: which.url_prefix };
    let file = File::begin(app.deps.store.clone(), run, &job, format, filter, None).map_err(|error| {
        tracing::error!(%error, "an export cannot begin");
        crate::problem::broken()
    })?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(send(run, file, sender));
    let stream = futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    // Whoever compresses it asks once more after its end.
    let stream = stream.fuse();
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    let disposition = format!("attachment; filename=\"run-{run}.{}\"", ending(format));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Sends a file to a client, for as long as it listens.
async fn send(run: RunId, mut file: File, to: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let bytes = match file.next().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, %run, "an export broke off");
                // The client sees a broken transfer, and not a file that ends too early.
                let _gone = to.send(Err(io::Error::other(error))).await;
                return;
            }
        };
        if !bytes.is_empty() && to.send(Ok(bytes)).await.is_err() {
            return;
        }
        shared::crash::point("api.in_export");
    }
}
