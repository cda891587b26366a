//! A run's records as a file, streamed: what is held in memory is one batch, whatever there is.

use super::runs::owned;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::{Path, Query};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use export::{Shape, Sink};
use futures::StreamExt;
use parking_lot::Mutex;
use serde::Deserialize;
use shared::ids::RunId;
use shared::job::Format;
use shared::ports::Store;
use shared::ports::store::RecordSelection;
use std::io::{self, Write};
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Records read at a time. Each read is short, so that others are not held up.
const BATCH: u32 = 1_000;
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
}

/// A file format.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FileFormat {
    /// One JSON object a line.
    #[default]
    Jsonl,
    /// RFC 4180 with a header line; cells that a spreadsheet would run get a `'` in front.
    Csv,
    /// Apache Parquet, typed as the job says.
    Parquet,
}

/// What a sink has written and nobody has taken yet.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock()).into()
    }
}

/// Export a run's valid records as a file.
#[utoipa::path(get, path = "/v1/runs/{run}/export", tag = "records", params(("run" = i64, Path), Which),
    responses((status = 200, description = "The file.", content(
        (Vec<u8> = "application/x-ndjson"), (Vec<u8> = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet")))))]
async fn export_records(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    let (format, kind, ending) = match which.format {
        FileFormat::Jsonl => (Format::Jsonl, "application/x-ndjson", "jsonl"),
        FileFormat::Csv => (Format::Csv, "text/csv; charset=utf-8; header=present", "csv"),
        FileFormat::Parquet => (Format::Parquet, "application/vnd.apache.parquet", "parquet"),
    };
    let job = app.deps.store.run(run).await?.job;
    let buffer = Shared::default();
    let shape = Shape::of(run, job.extract.as_ref());
    let sink = export::sink(format, Box::new(buffer.clone()), &shape).map_err(|error| {
        tracing::error!(%error, "an export cannot begin");
        crate::problem::broken()
    })?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        if let Err(error) = write(&*app.deps.store, run, sink, &buffer, &sender).await {
            tracing::warn!(%error, %run, "an export broke off");
            // The client sees a broken transfer, and not a file that ends too early.
            let _gone = sender.send(Err(error)).await;
        }
    });
    let stream = futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    // Whoever compresses it asks once more after its end.
    let stream = stream.fuse();
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = format!("attachment; filename=\"run-{run}.{ending}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

async fn write(
    store: &dyn Store,
    run: RunId,
    mut sink: Box<dyn Sink>,
    buffer: &Shared,
    to: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<()> {
    let mut after = None;
    loop {
        let selection = RecordSelection { after, limit: BATCH, ..RecordSelection::of(run) };
        let rows = store.records(selection).await.map_err(io::Error::other)?;
        let is_last = rows.len() < BATCH as usize;
        after = rows.last().map(|row| (row.seq, row.ord)).or(after);
        // Encoding a batch takes milliseconds; others are served meanwhile.
        let encode = move || -> io::Result<_> {
            sink.write(&rows)?;
            if is_last {
                sink.finish()?;
                return Ok(None);
            }
            sink.flush()?;
            Ok(Some(sink))
        };
        let left = tokio::task::spawn_blocking(encode).await.map_err(io::Error::other)??;
        let bytes = buffer.take();
        if !bytes.is_empty() && to.send(Ok(bytes)).await.is_err() {
            // The client went away.
            return Ok(());
        }
        shared::crash::point("api.in_export");
        match left {
            Some(left) => sink = left,
            None => return Ok(()),
        }
    }
}
