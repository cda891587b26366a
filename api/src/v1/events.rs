//! Live progress by Server-Sent Events. One task looks at a run, however many clients follow it.

use super::runs::{owned, snapshot};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::Path;
use crate::openapi::RunEvent;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use parking_lot::Mutex;
use shared::ids::RunId;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How often a run that is followed is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a client hears that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// What a client is told.
#[derive(Clone, Debug, Default)]
struct Told {
    /// The same for the same standing; empty: nothing is known yet.
    id: String,
    data: Arc<str>,
    is_over: bool,
}

/// Runs that are followed.
#[derive(Default)]
pub struct Watchers {
    all: Mutex<HashMap<RunId, Weak<watch::Sender<Told>>>>,
}

impl Watchers {
    /// Follows a run, with those who follow it already.
    fn follow(&self, app: &App, run: RunId) -> watch::Receiver<Told> {
        let mut all = self.all.lock();
        if let Some(sender) = all.get(&run).and_then(Weak::upgrade) {
            return sender.subscribe();
        }
        all.retain(|_, sender| sender.strong_count() > 0);
        let (sender, receiver) = watch::channel(Told::default());
        let sender = Arc::new(sender);
        all.insert(run, Arc::downgrade(&sender));
        tokio::spawn(look(app.clone(), run, sender));
        receiver
    }
}

/// Looks at a run until it is over, or nobody follows it any more.
async fn look(app: App, run: RunId, sender: Arc<watch::Sender<Told>>) {
    loop {
        match app.deps.store.summary(run).await {
            Ok(summary) => {
                let (counts, is_over) = (summary.counts, summary.state.is_over());
                let id = format!("{}-{}-{:?}", counts.admitted, counts.closed, summary.state).to_lowercase();
                let data = snapshot(summary, app.deps.clock.now()).to_string();
                sender.send_if_modified(|told| {
                    let new = told.id != id;
                    if new {
                        *told = Told { id, data: data.into(), is_over };
                    }
                    new
                });
                if is_over {
                    return;
                }
            }
            Err(error) => tracing::debug!(%error, %run, "a run that is followed cannot be read"),
        }
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Follow a run: an event `run` whenever it has changed, and the last one when it is over.
///
/// The data of an event is the run as `GET /v1/runs/{run}` shows it, without the job. A client that comes
/// back with `Last-Event-ID` hears only what is new since.
#[utoipa::path(get, path = "/v1/runs/{run}/events", tag = "runs", params(("run" = i64, Path)),
    responses((status = 200, description = "Events.", content_type = "text/event-stream", body = RunEvent)))]
async fn follow(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    owned(&app, &caller, run).await?;
    let known = headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let receiver = app.watchers.follow(&app, run);
    let stream = futures::stream::unfold(Some((receiver, known)), |state| async move {
        let (mut receiver, known) = state?;
        loop {
            let told = receiver.borrow_and_update().clone();
            if !told.id.is_empty() && told.id != known {
                let event = Event::default().event("run").id(&told.id).data(&*told.data);
                let next = (!told.is_over).then_some((receiver, told.id));
                return Some((Ok(event), next));
            }
            if told.is_over || receiver.changed().await.is_err() {
                return None;
            }
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}
