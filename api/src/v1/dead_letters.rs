//! Dead letters: pages that broke their worker or parser, and messages that nobody could handle. A tenant has
//! those of its runs; what is of no run is for the operator.

use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::{Path, Query};
use crate::frame::listing::{Asked, Listing};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use shared::ids::RunId;
use shared::outcome::Kind;
use shared::ports::StoreError;
use shared::ports::store::control::{About, Letter, LetterSelection, LettersOf};
use shared::replay::{ReplayError, Replayed};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read, forget)).routes(routes!(replay))
}

/// Which dead letters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Of this run.
    run: Option<i64>,
    /// Only such.
    about: Option<AboutKind>,
    /// Only those that were sent on their way again, or only the others.
    replayed: Option<bool>,
    /// `next_cursor` of the last page.
    cursor: Option<String>,
    /// Rows in the answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// What a dead letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AboutKind {
    /// A page that was closed because it broke whoever handled it.
    Page,
    /// A message between the services that none of them could handle.
    Message,
}

/// A dead letter.
#[derive(Serialize, ToSchema)]
struct LetterView {
    /// Its number; rises in order of filing.
    id: i64,
    /// When it was filed.
    filed_at: String,
    /// When it was last sent on its way again.
    replayed_at: Option<String>,
    /// The run that it is of, if that is known.
    run: Option<i64>,
    /// Why.
    reason: String,
    /// What it is about.
    about: AboutKind,
    /// The page's URL.
    url: Option<String>,
    /// What the page was: `page`, `sitemap`, `robots` or `seeds`.
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    /// The page's links away from a seed.
    depth: Option<u16>,
    /// The lane that the message came on.
    lane: Option<String>,
    /// The message's length in bytes.
    bytes: Option<u64>,
}

/// A dead letter with what was kept of its message.
#[derive(Serialize, ToSchema)]
struct LetterDetail {
    #[serde(flatten)]
    letter: LetterView,
    /// The message, where it is text: up to 256 KiB of it.
    text: Option<String>,
    /// The message in base 64, where it is no text: up to 256 KiB of it.
    base64: Option<String>,
}

/// What became of a letter that was sent on its way again.
#[derive(Serialize, ToSchema)]
struct ReplayedView {
    /// Its message was published to this lane.
    lane: Option<String>,
    /// Its page is open again in this run.
    run: Option<i64>,
}

impl From<Letter> for LetterView {
    fn from(letter: Letter) -> Self {
        let mut view = LetterView {
            id: letter.id,
            filed_at: shown(letter.filed_at),
            replayed_at: maybe(letter.replayed_at),
            run: letter.run.map(|run| run.0),
            reason: letter.reason,
            about: AboutKind::Message,
            url: None,
            kind: None,
            depth: None,
            lane: None,
            bytes: None,
        };
        match letter.about {
            About::Message { lane, len, .. } => (view.lane, view.bytes) = (Some(lane), Some(len)),
            About::Page { url, kind, depth } => {
                view.about = AboutKind::Page;
                (view.url, view.kind, view.depth) = (Some(url), Some(kind), Some(depth));
            }
        }
        view
    }
}

impl From<Letter> for LetterDetail {
    fn from(letter: Letter) -> Self {
        let (text, base64) = match &letter.about {
            About::Page { .. } => (None, None),
            About::Message { body, .. } => match std::str::from_utf8(body) {
                Ok(text) => (Some(text.to_owned()), None),
                Err(_) => (None, Some(BASE64.encode(body))),
            },
        };
        LetterDetail { letter: letter.into(), text, base64 }
    }
}

/// List dead letters, oldest first.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "dead letters", params(Which),
    responses((status = 200, description = "A page.", body = Listing<LetterView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let of = LettersOf { tenant: caller.tenant, with_unowned: caller.is_operator() };
    let name = format!("dead letters of {of:?} {:?} {:?} {:?}", which.run, which.about, which.replayed);
    let asked = Asked::of(&app, name, &uri, which.cursor.as_deref(), which.limit)?;
    let selection = LetterSelection {
        of: Some(of),
        run: which.run.map(RunId),
        pages: which.about.map(|about| about == AboutKind::Page),
        replayed: which.replayed,
        after: asked.place.unwrap_or(0),
        limit: asked.limit,
    };
    let rows = app.control().letters(selection).await?;
    Ok(asked.answer(rows, |letter| letter.id, LetterView::from))
}

/// A letter that is the caller's.
async fn own(app: &App, caller: &Caller, id: i64) -> Result<Letter, Problem> {
    let missing = || Problem::missing(format!("dead letter {id}"));
    let letter = app.control().letter(id).await?;
    let owner = match letter.run {
        None => None,
        Some(run) => match app.deps.store.summary(run).await {
            Ok(summary) => Some(summary.tenant),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        },
    };
    let is_own = owner.map_or_else(|| caller.is_operator(), |owner| owner == caller.tenant);
    is_own.then_some(letter).ok_or_else(missing)
}

/// Read a dead letter, with the bytes of its message.
#[utoipa::path(get, path = "/v1/dead-letters/{letter}", tag = "dead letters", params(("letter" = i64, Path)),
    responses((status = 200, description = "The letter.", body = LetterDetail)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(letter): Path<i64>,
) -> Result<Json<LetterDetail>, Problem> {
    Ok(Json(own(&app, &caller, letter).await?.into()))
}

/// Send a dead letter on its way again: a message to its lane, a page back into its run. The letter stays, with
/// the time at which that was done.
#[utoipa::path(post, path = "/v1/dead-letters/{letter}/replay", tag = "dead letters",
    params(("letter" = i64, Path)),
    responses((status = 200, description = "It is on its way.", body = ReplayedView)))]
async fn replay(
    State(app): State<App>,
    caller: Caller,
    Path(letter): Path<i64>,
) -> Result<Json<ReplayedView>, Problem> {
    own(&app, &caller, letter).await?;
    let replayed = shared::replay::replay(&*app.deps.store, &*app.deps.queue, letter).await;
    let view = match replayed.map_err(of_replay)? {
        Replayed::Published(lane) => ReplayedView { lane: Some(lane.to_string()), run: None },
        Replayed::Open(run) => ReplayedView { lane: None, run: Some(run.0) },
    };
    Ok(Json(view))
}

fn of_replay(error: ReplayError) -> Problem {
    match error {
        ReplayError::Refused(why) => Problem::new(StatusCode::CONFLICT, why),
        ReplayError::Store(error) => error.into(),
        ReplayError::Queue(error) => {
            tracing::warn!(%error, "queue");
            crate::problem::unavailable()
        }
    }
}

/// Forget a dead letter.
#[utoipa::path(delete, path = "/v1/dead-letters/{letter}", tag = "dead letters", params(("letter" = i64, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn forget(
    State(app): State<App>,
    caller: Caller,
    Path(letter): Path<i64>,
) -> Result<StatusCode, Problem> {
    own(&app, &caller, letter).await?;
    app.control().drop_letter(letter).await?;
    Ok(StatusCode::NO_CONTENT)
}
