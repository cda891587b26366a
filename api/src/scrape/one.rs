//! One URL, harvested while somebody waits: an urgent run of one seed.

use super::follow;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::problem::{Problem, broken};
use crate::v1::start;
use axum::http::StatusCode;
use serde_json::value::RawValue;
use shared::ids::RunId;
use shared::job::{Job, Span};
use shared::outcome::Kind;
use shared::ports::store::{Command, PageFilter, PageRow, PageSelection, RecordRow, RecordSelection};
use std::sync::Arc;
use std::time::Duration;

/// Rows of a run of one seed: its robots.txt, redirects, the page.
const ROWS: u32 = 100;
/// Records in an answer.
const RECORDS: u32 = 1_000;

/// What came of it.
pub struct One {
    /// The run.
    pub run: RunId,
    /// The page at the end of the redirects; None: nothing was closed.
    pub page: Option<PageRow>,
    /// Its content, a JSON object.
    pub content: Option<Box<RawValue>>,
    /// Its records.
    pub records: Vec<RecordRow>,
    /// Those that were kept apart.
    pub rejected: Vec<RecordRow>,
}

/// A job of one URL: no links, no sitemaps, one try, no longer than this.
pub fn job(url: &str, timeout: Duration) -> Job {
    let mut job = Job::of_seeds([url]);
    job.limits.depth = 0;
    job.limits.tries = 1;
    job.limits.time = Some(Span(timeout));
    job.scope.sitemaps = false;
    job.request.timeouts.total = Span(timeout.min(job.request.timeouts.total.0));
    job
}

/// Runs a job of one seed, and waits for its end.
///
/// # Errors
/// 408 where it took too long; then the run is cancelled.
pub async fn harvest(
    app: &App,
    caller: &Caller,
    once: Once,
    job: Job,
    timeout: Duration,
) -> Result<One, Problem> {
    let run = start::urgent(app, caller, once, Arc::new(job)).await?;
    let busy = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many runs are waited for; try again");
    let mut receiver = app.followed.follow(app, run).ok_or_else(busy)?;
    match tokio::time::timeout(timeout, follow::end(&mut receiver)).await {
        Ok(Some(_summary)) => read(app, run).await,
        Ok(None) => Err(broken()),
        Err(_late) => {
            app.deps.store.command(run, Command::Cancel).await?;
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the page did not come in time"))
        }
    }
}

/// What a run of one seed has.
///
/// # Errors
/// What the store says.
pub async fn read(app: &App, run: RunId) -> Result<One, Problem> {
    let store = &app.deps.store;
    let selection =
        PageSelection { run, after: None, filter: PageFilter::default(), version: None, limit: ROWS };
    let mut pages = store.pages(selection).await?;
    pages.retain(|page| page.kind == Kind::Page);
    let last = pages.iter().rposition(|page| page.outcome != "redirected");
    let page = match last {
        Some(at) => Some(pages.swap_remove(at)),
        None => pages.pop(),
    };
    let seqs: Vec<u64> = page.iter().map(|page| page.seq).collect();
    let content = store.contents(run, &seqs).await?.pop();
    let content = content.and_then(|(_, text)| RawValue::from_string(text).ok());
    let some = |valid| RecordSelection { run, after: None, valid, version: None, limit: RECORDS };
    let records = store.records(some(true)).await?;
    let rejected = store.records(some(false)).await?;
    Ok(One { run, page, content, records, rejected })
}
