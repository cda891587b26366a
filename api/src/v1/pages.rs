//! Pages of a run: what became of each URL, and the bytes that were received.

use super::runs::owned;
use super::time::shown;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::{Path, Query};
use crate::frame::listing::{Asked, Listing};
use crate::problem::{Problem, broken};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::Uri;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::body::{Bounds, decode};
use shared::ids::RunId;
use shared::manifest::RecordSpan;
use shared::outcome::Kind;
use shared::ports::store::{PageFilter, PageRow, PageSelection};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest body that is inflated for an answer, in bytes.
const LARGEST: u64 = 64 << 20;
/// The longest URL prefix.
const PREFIX: usize = 8_192;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(body))
        .routes(routes!(warc))
}

/// Which pages.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// How they ended.
    #[param(inline)]
    outcome: Option<OutcomeKind>,
    /// The HTTP status.
    #[param(minimum = 100, maximum = 999)]
    status: Option<u16>,
    /// Why, by its name: `robots_denied`, `http_404`.
    reason: Option<String>,
    /// What the URL begins with.
    url_prefix: Option<String>,
    /// `next_cursor` of the last page.
    cursor: Option<String>,
    /// Rows in the answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// How a URL ended.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeKind {
    Fetched,
    Redirected,
    Failed,
    Cut,
}

impl Which {
    fn filter(&self) -> Result<PageFilter, Problem> {
        let too_long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.len() > most);
        if too_long(&self.url_prefix, PREFIX) {
            return Err(Problem::parameter("query:url_prefix", format!("at most {PREFIX} bytes")));
        }
        if too_long(&self.reason, 100) {
            return Err(Problem::parameter("query:reason", "at most 100 bytes"));
        }
        if self.status.is_some_and(|status| !(100..=999).contains(&status)) {
            return Err(Problem::parameter("query:status", "100 to 999"));
        }
        for (name, text) in [("reason", &self.reason), ("url_prefix", &self.url_prefix)] {
            if text.as_ref().is_some_and(|text| text.contains('\0')) {
                return Err(Problem::parameter(format!("query:{name}"), "no NUL"));
            }
        }
        let outcome = self.outcome.map(|outcome| match outcome {
            OutcomeKind::Fetched => "fetched",
            OutcomeKind::Redirected => "redirected",
            OutcomeKind::Failed => "failed",
            OutcomeKind::Cut => "cut",
        });
        Ok(PageFilter {
            outcome: outcome.map(str::to_owned),
            status: self.status,
            reason: self.reason.clone(),
            url_prefix: self.url_prefix.clone(),
        })
    }
}

/// What became of a URL.
#[derive(Serialize, ToSchema)]
pub struct PageView {
    /// Its place in the run.
    seq: u64,
    /// `page`, `sitemap`, `robots` or `seeds`.
    #[schema(value_type = String)]
    kind: Kind,
    /// The URL.
    url: String,
    /// The URL that was asked first, where redirects led here.
    asked_url: Option<String>,
    /// The HTTP status.
    status: Option<u16>,
    /// `fetched`, `redirected`, `failed` or `cut`.
    outcome: String,
    /// Why; of a redirect, where to.
    reason: Option<String>,
    /// Links away from a seed.
    depth: u16,
    /// The body's digest.
    digest: Option<String>,
    /// When it was fetched.
    fetched_at: String,
    /// The title.
    title: Option<String>,
    /// What the page says of itself: description, language, canonical URL and so on.
    #[schema(value_type = Option<Object>)]
    meta: Option<Box<RawValue>>,
    /// Whether the bytes are in the archive.
    has_body: bool,
}

impl From<PageRow> for PageView {
    fn from(page: PageRow) -> Self {
        PageView {
            seq: page.seq,
            kind: page.kind,
            url: page.url,
            asked_url: page.asked_url,
            status: page.status,
            outcome: page.outcome,
            reason: page.reason,
            depth: page.depth,
            digest: page.digest,
            fetched_at: shown(page.fetched_at),
            title: page.title,
            meta: page.meta.and_then(|meta| RawValue::from_string(meta).ok()),
            has_body: page.len.is_some(),
        }
    }
}

/// List what became of a run's URLs, in the order in which they ended.
#[utoipa::path(get, path = "/v1/runs/{run}/pages", tag = "pages", params(("run" = i64, Path), Which),
    responses((status = 200, description = "A page.", body = Listing<PageView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    uri: Uri,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let filter = which.filter()?;
    owned(&app, &caller, run).await?;
    let list = format!("pages of {run} {filter:?}");
    let asked = Asked::of(&app, list, &uri, which.cursor.as_deref(), which.limit)?;
    let selection =
        PageSelection { after: asked.place, filter, limit: asked.limit, ..PageSelection::of(run) };
    let rows = app.deps.store.pages(selection).await?;
    Ok(asked.answer(rows, |page| page.seq, PageView::from))
}

pub async fn page(app: &App, caller: &Caller, run: RunId, seq: u64) -> Result<PageRow, Problem> {
    owned(app, caller, run).await?;
    let selection = PageSelection { after: seq.checked_sub(1), limit: 1, ..PageSelection::of(run) };
    let found = app.deps.store.pages(selection).await?.pop().filter(|page| page.seq == seq);
    found.ok_or_else(|| Problem::missing(format!("page {seq} in run {run}")))
}

/// Read what became of one URL.
#[utoipa::path(get, path = "/v1/runs/{run}/pages/{seq}", tag = "pages",
    params(("run" = i64, Path), ("seq" = u64, Path)),
    responses((status = 200, description = "The page.", body = PageView)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path((run, seq)): Path<(RunId, u64)>,
) -> Result<Json<PageView>, Problem> {
    Ok(Json(page(&app, &caller, run, seq).await?.into()))
}

async fn stored(app: &App, caller: &Caller, run: RunId, seq: u64) -> Result<Bytes, Problem> {
    let page = page(app, caller, run, seq).await?;
    let (Some(object), Some(offset), Some(len)) = (page.object, page.offset, page.len) else {
        return Err(Problem::missing("body of this page: nothing was received"));
    };
    Ok(app.deps.archive.read(&object, offset, len).await?)
}

/// A page's `Content-Type` and body, content codings undone.
pub async fn unpacked(
    app: &App,
    caller: &Caller,
    run: RunId,
    seq: u64,
) -> Result<(Option<HeaderValue>, Vec<u8>), Problem> {
    let record = stored(app, caller, run, seq).await?;
    // Inflating is work for a thread of its own.
    tokio::task::spawn_blocking(move || -> Result<_, Problem> {
        let unreadable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "an archived page cannot be read");
            broken()
        };
        let span = RecordSpan { offset: 0, len: record.len() as u64 };
        let response = shared::warc::response(&record, span).map_err(|error| unreadable(&error))?;
        let coding: Vec<&str> = response
            .headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let kind = response.headers.get(header::CONTENT_TYPE).cloned();
        let decoded = decode(Some(&coding.join(",")), &response.body, Bounds::of(LARGEST))
            .map_err(|error| unreadable(&error))?;
        Ok((kind, decoded.bytes.into_owned()))
    })
    .await
    .map_err(|_| broken())?
}

/// Get the bytes of a page's body, content codings undone. They are somebody else's: the answer is a
/// download in a sandbox, whatever they say of themselves.
#[utoipa::path(get, path = "/v1/runs/{run}/pages/{seq}/body", tag = "pages",
    params(("run" = i64, Path), ("seq" = u64, Path)),
    responses((status = 200, description = "The bytes.", content_type = "application/octet-stream", body = Vec<u8>)))]
async fn body(
    State(app): State<App>,
    caller: Caller,
    Path((run, seq)): Path<(RunId, u64)>,
) -> Result<Response, Problem> {
    let (kind, bytes) = unpacked(&app, &caller, run, seq).await?;
    let mut answer = download(bytes, "application/octet-stream", &format!("run-{run}-page-{seq}.bin"));
    if let Some(kind) = kind {
        answer.headers_mut().insert("x-archived-content-type", kind);
    }
    Ok(answer)
}

/// Get the WARC record of a page, as it lies in the archive: one gzip member.
#[utoipa::path(get, path = "/v1/runs/{run}/pages/{seq}/warc", tag = "pages",
    params(("run" = i64, Path), ("seq" = u64, Path)),
    responses((status = 200, description = "The record.", content_type = "application/warc", body = Vec<u8>)))]
async fn warc(
    State(app): State<App>,
    caller: Caller,
    Path((run, seq)): Path<(RunId, u64)>,
) -> Result<Response, Problem> {
    let record = stored(&app, &caller, run, seq).await?;
    Ok(download(record, "application/warc", &format!("run-{run}-page-{seq}.warc.gz")))
}

/// Bytes of strangers: never shown, never run.
fn download(bytes: impl Into<Body>, kind: &'static str, name: &str) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("sandbox; default-src 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
