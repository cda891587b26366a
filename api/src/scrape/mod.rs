//! `POST /v1/scrape`: one page while the caller waits. `POST /v1/parse-preview`: what rules would take.
//!
//! `one` runs a job of one seed to its end, `follow` waits for ends, `preview` asks the parser.

mod follow;
pub mod one;
mod preview;

pub use follow::Followed;

use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::frame::extract::Body;
use crate::problem::Problem;
use crate::v1::pages::PageView;
use crate::v1::records::RecordView;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::ids::RunId;
use shared::job::{Content, Extract, Job, Politeness, Request, Span};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a caller waits who does not say.
const USUAL: Duration = Duration::from_secs(25);
/// Left of the API's own deadline for the answer itself.
const ANSWERING: Duration = Duration::from_secs(2);

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(scrape)).merge(preview::routes())
}

/// A page that is wanted now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Scrape {
    /// The page: http or https.
    #[schema(example = "https://example.com/")]
    url: String,
    /// What is taken from it, as in a job; by default its main content as Markdown.
    #[schema(value_type = Option<Object>)]
    extract: Option<Extract>,
    /// How gently its host is treated, as in a job.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    politeness: Politeness,
    /// What goes with the request, as in a job.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    request: Request,
    /// How long to wait: seconds, or text with a unit.
    #[schema(value_type = Option<String>)]
    timeout: Option<Span>,
}

/// A page that was wanted.
#[derive(Serialize, ToSchema)]
struct Scraped {
    /// The run that fetched it.
    #[schema(value_type = i64)]
    run: RunId,
    /// What became of the URL; at the end of redirects, if there were any.
    page: Option<PageView>,
    /// Its content, in the forms that were asked for.
    #[schema(value_type = Option<Object>)]
    content: Option<Box<RawValue>>,
    /// Its records.
    records: Vec<RecordView>,
    /// Those that do not fit their fields.
    rejected: Vec<RecordView>,
}

/// How long a caller may wait who asks for so much.
pub fn patience(app: &App, asked: Option<Duration>) -> Duration {
    let most = Duration::from_millis(app.config.timeout_ms).saturating_sub(ANSWERING);
    asked.unwrap_or(USUAL).min(most).max(Duration::from_millis(100))
}

/// Fetch one page and answer with it in the same call. robots.txt is kept, as in every run.
#[utoipa::path(post, path = "/v1/scrape", tag = "scrape", request_body = Scrape,
    responses((status = 200, description = "The page.", body = Scraped)))]
async fn scrape(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Body(asked): Body<Scrape>,
) -> Result<Json<Scraped>, Problem> {
    let timeout = patience(&app, asked.timeout.map(|span| span.0));
    let mut job = one::job(&asked.url, timeout);
    let total = job.request.timeouts.total;
    job.extract = Some(asked.extract.unwrap_or_else(markdown));
    job.politeness = asked.politeness;
    job.request = asked.request;
    job.request.timeouts.total = job.request.timeouts.total.min(total);
    let job = checked(&app, job)?;
    let one = one::harvest(&app, &caller, once, job, timeout).await?;
    Ok(Json(Scraped {
        run: one.run,
        page: one.page.map(PageView::from),
        content: one.content,
        records: one.records.into_iter().map(RecordView::from).collect(),
        rejected: one.rejected.into_iter().map(RecordView::from).collect(),
    }))
}

fn markdown() -> Extract {
    Extract { content: Some(Content::default()), ..Extract::default() }
}

/// The job, if nothing is wrong with it; its selectors are looked at by the parser.
///
/// # Errors
/// A problem that names the fields.
pub fn checked(app: &App, job: Job) -> Result<Job, Problem> {
    let problems = job.problems();
    if !problems.is_empty() {
        return Err(Problem::of_job(shared::job::JobError::Invalid(problems), ""));
    }
    preview::check(app, &job)?;
    Ok(job)
}
