//! How fast a run was, as a curve.

use super::runs::own;
use super::time::shown;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::{Path, Query};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::ids::RunId;
use shared::ports::store::control::Slice;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most slices, and how many where nobody says.
const MOST: u32 = 500;
const USUAL: u32 = 120;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(throughput))
}

/// How fine.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Fineness {
    /// The most slices.
    #[param(minimum = 1, maximum = 500, default = 120)]
    slices: Option<u32>,
}

/// How fast a run was, in slices of time of the same width.
#[derive(Serialize, ToSchema)]
struct ThroughputView {
    /// When the first slice begins.
    from: String,
    /// The width of a slice, in whole seconds.
    seconds: u64,
    /// What was asked in each slice, in order; those in which nothing was asked are left out.
    slices: Vec<SliceView>,
}

/// What was asked in a slice of time.
#[derive(Serialize, ToSchema)]
struct SliceView {
    /// Its number, from 0.
    number: u64,
    /// Pages fetched.
    fetched: u64,
    /// Pages that failed.
    failed: u64,
    /// Bytes received.
    bytes: u64,
}

impl From<Slice> for SliceView {
    fn from(slice: Slice) -> Self {
        let Slice { number, fetched, failed, bytes } = slice;
        SliceView { number, fetched, failed, bytes }
    }
}

/// Read how fast a run was, from its beginning to its end or to now.
#[utoipa::path(get, path = "/v1/runs/{run}/throughput", tag = "runs", params(("run" = i64, Path), Fineness),
    responses((status = 200, description = "The slices.", body = ThroughputView)))]
async fn throughput(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    Query(fineness): Query<Fineness>,
) -> Result<Json<ThroughputView>, Problem> {
    let most = match fineness.slices.unwrap_or(USUAL) {
        slices if (1..=MOST).contains(&slices) => slices,
        _ => return Err(Problem::parameter("query:slices", format!("1 to {MOST}"))),
    };
    let summary = own(&app, &caller, run).await?;
    let from = summary.created_at;
    let took = summary.ended_at.unwrap_or_else(|| app.deps.clock.now()).since(from);
    let seconds = (took.as_secs() + 1).div_ceil(u64::from(most));
    let slices = app.control().throughput(run, from, Duration::from_secs(seconds), most).await?;
    let slices = slices.into_iter().map(SliceView::from).collect();
    Ok(Json(ThroughputView { from: shown(from), seconds, slices }))
}
