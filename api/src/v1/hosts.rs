//! Hosts of a tenant's runs: pace, robots.txt, back-off; hold and release.

use super::runs::own;
use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::{Path, Query};
use crate::frame::listing::{Asked, Listing};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use shared::ids::{HostId, RunId};
use shared::ports::store::control::{HostRow, HostSelection};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(hold))
        .routes(routes!(release))
}

/// Which hosts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Of this run; without it, of all unfinished ones.
    run: Option<i64>,
    /// `next_cursor` of the last page.
    cursor: Option<String>,
    /// Rows in the answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// A host.
#[derive(Serialize, ToSchema)]
struct HostView {
    /// Its id: 16 hexadecimal digits.
    id: String,
    /// Scheme, name and port.
    origin: String,
    /// When it may be asked next.
    next_at: String,
    /// The pause between two requests.
    delay_ms: u64,
    /// Failures in a row.
    failures: u32,
    /// Since when it does not answer.
    down_since: Option<String>,
    /// Runs that have it.
    runs: u64,
    /// Of them, those for which it is held.
    held: u64,
    /// URLs that wait.
    queued: u64,
    /// URLs admitted.
    admitted: u64,
    /// Its robots.txt.
    robots: Option<RobotsView>,
}

/// A robots.txt.
#[derive(Serialize, ToSchema)]
struct RobotsView {
    /// `rules`, `allowed` (there is none) or `denied` (it could not be had).
    access: &'static str,
    /// When it was fetched.
    fetched_at: String,
    /// Until when it is believed.
    valid_until: String,
    /// Its text, where one host is asked for.
    text: Option<String>,
}

/// How many runs a command concerned.
#[derive(Serialize, ToSchema)]
struct Held {
    /// Runs.
    runs: u64,
}

impl From<HostRow> for HostView {
    fn from(host: HostRow) -> Self {
        HostView {
            id: format!("{:016x}", host.id.0),
            origin: host.origin,
            next_at: shown(host.next_at),
            delay_ms: host.delay_ms,
            failures: host.failures,
            down_since: maybe(host.down_since),
            runs: host.runs,
            held: host.held,
            queued: host.queued,
            admitted: host.admitted,
            robots: host.robots.map(|robots| RobotsView {
                access: robots.access,
                fetched_at: shown(robots.fetched_at),
                valid_until: shown(robots.valid_until),
                text: robots.text,
            }),
        }
    }
}

fn host_id(text: &str) -> Result<HostId, Problem> {
    let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let bits = u64::from_str_radix(text, 16).ok().filter(|_| digits);
    bits.map(|bits| HostId(bits as i64)).ok_or_else(|| Problem::missing("such host"))
}

/// List the hosts of unfinished runs, or of one run.
#[utoipa::path(get, path = "/v1/hosts", tag = "hosts", params(Which),
    responses((status = 200, description = "A page.", body = Listing<HostView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let run = which.run.map(RunId);
    if let Some(run) = run {
        own(&app, &caller, run).await?;
    }
    let list = format!("hosts of {} {run:?}", caller.tenant);
    let asked = Asked::of(&app, list, &uri, which.cursor.as_deref(), which.limit)?;
    let selection = HostSelection { tenant: caller.tenant, run, after: asked.place, limit: asked.limit };
    let rows = app.control().hosts(selection).await?;
    Ok(asked.answer(rows, |host| host.id, HostView::from))
}

/// Read a host, with its robots.txt.
#[utoipa::path(get, path = "/v1/hosts/{host}", tag = "hosts", params(("host" = String, Path)),
    responses((status = 200, description = "The host.", body = HostView)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(host): Path<String>,
) -> Result<Json<HostView>, Problem> {
    Ok(Json(app.control().host(caller.tenant, host_id(&host)?).await?.into()))
}

/// For which runs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Of {
    /// Only for this run; without it, for all unfinished ones.
    run: Option<i64>,
}

/// Hold a host: its URLs wait.
#[utoipa::path(post, path = "/v1/hosts/{host}/hold", tag = "hosts", params(("host" = String, Path), Of),
    responses((status = 200, description = "It is held.", body = Held)))]
async fn hold(
    State(app): State<App>,
    caller: Caller,
    Path(host): Path<String>,
    Query(of): Query<Of>,
) -> Result<Json<Held>, Problem> {
    set(&app, &caller, &host, of, true).await
}

/// Release a host that was held.
#[utoipa::path(post, path = "/v1/hosts/{host}/release", tag = "hosts", params(("host" = String, Path), Of),
    responses((status = 200, description = "It is released.", body = Held)))]
async fn release(
    State(app): State<App>,
    caller: Caller,
    Path(host): Path<String>,
    Query(of): Query<Of>,
) -> Result<Json<Held>, Problem> {
    set(&app, &caller, &host, of, false).await
}

async fn set(app: &App, caller: &Caller, host: &str, of: Of, held: bool) -> Result<Json<Held>, Problem> {
    let runs = app.control().hold_host(caller.tenant, host_id(host)?, of.run.map(RunId), held).await?;
    Ok(Json(Held { runs }))
}
