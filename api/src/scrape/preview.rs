//! What a job's rules would take of a page, without a run that keeps anything of it.

use super::{one, patience};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::frame::extract::Body;
use crate::problem::{Problem, broken};
use crate::v1::pages::{page, unpacked};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use shared::ids::RunId;
use shared::job::{Extract, Job};
use std::time::Duration;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Time for reading one page.
const READING: Duration = Duration::from_secs(20);
/// The largest page that is read, in bytes.
const LARGEST: usize = 20 << 20;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(preview))
}

/// Rules, and the page to try them on: one of `url`, `html`, or `run` with `seq`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Preview {
    /// What is taken, as in a job.
    #[schema(value_type = Object)]
    extract: Extract,
    /// The page is fetched; with `html`, where it is said to be from.
    url: Option<String>,
    /// The page itself.
    html: Option<String>,
    /// The page is one that this run stored.
    #[schema(value_type = Option<i64>)]
    run: Option<RunId>,
    /// Its place in the run.
    seq: Option<u64>,
}

/// Try rules on a page: title, metadata, content, links, records. Nothing is kept but, where the page has to
/// be fetched, the run that fetched it.
#[utoipa::path(post, path = "/v1/parse-preview", tag = "scrape", request_body = Preview,
    responses((status = 200, description = "What the rules take.", body = Object)))]
async fn preview(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Body(asked): Body<Preview>,
) -> Result<Json<Value>, Problem> {
    let Preview { extract, url, html, run, seq } = asked;
    let (url, kind, bytes) = match (url, html, run, seq) {
        (url, Some(html), None, None) => {
            let url = url.unwrap_or_else(|| "https://example.com/".to_owned());
            (url, "text/html; charset=utf-8".to_owned(), html.into_bytes())
        }
        (None, None, Some(run), Some(seq)) => stored(&app, &caller, run, seq).await?,
        (Some(url), None, None, None) => {
            let timeout = patience(&app, None);
            let job = super::checked(&app, one::job(&url, timeout))?;
            let one = one::harvest(&app, &caller, once, job, timeout).await?;
            let seq = one.page.as_ref().filter(|page| page.len.is_some()).map(|page| page.seq);
            let none = || {
                let why = one.page.as_ref().and_then(|page| page.reason.as_deref()).unwrap_or("no answer");
                let detail = format!("the page could not be had: {why} (run {})", one.run);
                Problem::new(StatusCode::BAD_GATEWAY, detail)
            };
            stored(&app, &caller, one.run, seq.ok_or_else(none)?).await?
        }
        _ => {
            let detail = "give one of `url`, `html` (with or without `url`), or `run` with `seq`";
            return Err(Problem::field("", detail));
        }
    };
    let url = Url::parse(&url).map_err(|error| Problem::field("/url", error.to_string()))?;
    let mut job = Job::of_seeds([url.as_str()]);
    job.extract = Some(extract);
    let problems = job.problems();
    if !problems.is_empty() {
        return Err(Problem::of_job(shared::job::JobError::Invalid(problems), ""));
    }
    read(&app, job, url, kind, bytes).await.map(Json)
}

async fn stored(
    app: &App,
    caller: &Caller,
    run: RunId,
    seq: u64,
) -> Result<(String, String, Vec<u8>), Problem> {
    let url = page(app, caller, run, seq).await?.url;
    let (kind, bytes) = unpacked(app, caller, run, seq).await?;
    let kind = kind.and_then(|kind| kind.to_str().ok().map(str::to_owned));
    Ok((url, kind.unwrap_or_default(), bytes))
}

async fn read(app: &App, job: Job, url: Url, kind: String, mut bytes: Vec<u8>) -> Result<Value, Problem> {
    bytes.truncate(LARGEST);
    let preview = app.deps.preview.clone();
    let reading = tokio::task::spawn_blocking(move || preview(&job, &url, &kind, &bytes));
    let late = || Problem::new(StatusCode::GATEWAY_TIMEOUT, "reading the page took too long");
    let read = tokio::time::timeout(READING, reading).await.map_err(|_| late())?.map_err(|_| broken())?;
    refused(&read)?;
    Ok(read)
}

/// Whether the parser accepts a job's selectors.
///
/// # Errors
/// A problem with what is wrong.
pub fn check(app: &App, job: &Job) -> Result<(), Problem> {
    let Ok(url) = Url::parse("https://example.com/") else { return Ok(()) };
    refused(&(app.deps.preview)(job, &url, "text/html", b""))
}

fn refused(read: &Value) -> Result<(), Problem> {
    let Some(problems) = read.get("problems").and_then(Value::as_array) else { return Ok(()) };
    let first = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the rules cannot be used as they are");
    Err(problems.iter().filter_map(Value::as_str).fold(first, |all, problem| {
        let (place, detail) = problem.split_once(": ").unwrap_or(("", problem));
        all.and(crate::problem::pointer(place), detail)
    }))
}
