//! Records of a run, by cursor.

use super::runs::owned;
use super::time::shown;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::{Path, Query};
use crate::frame::listing::{Asked, Listing};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::ids::RunId;
use shared::ports::store::{RecordRow, RecordSelection};
use std::fmt;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which records.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Those that were kept apart, and not the valid ones.
    #[serde(default)]
    rejected: bool,
    /// Of this version; without it, of the current one.
    version: Option<u32>,
    /// `next_cursor` of the last page.
    cursor: Option<String>,
    /// Rows in the answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// A record and its page.
#[derive(Serialize, ToSchema)]
pub struct RecordView {
    /// The fields, as the job types them.
    #[schema(value_type = Object)]
    fields: Option<Box<RawValue>>,
    /// Why it was kept apart.
    rejected: Option<String>,
    /// Where it is from.
    page: Origin,
}

/// Where a record is from.
#[derive(Serialize, ToSchema)]
pub struct Origin {
    /// The page's place in the run.
    seq: u64,
    /// The record's place on the page.
    ord: u32,
    /// The URL that was asked.
    url: String,
    /// The URL that answered.
    final_url: String,
    /// The HTTP status.
    status: Option<u16>,
    /// When it was fetched.
    fetched_at: String,
}

impl From<RecordRow> for RecordView {
    fn from(row: RecordRow) -> Self {
        RecordView {
            fields: RawValue::from_string(row.data).ok(),
            rejected: row.rejected,
            page: Origin {
                seq: row.seq,
                ord: row.ord,
                url: row.url,
                final_url: row.final_url,
                status: row.status,
                fetched_at: shown(row.fetched_at),
            },
        }
    }
}

/// `SEQ-ORD`.
struct Place(u64, u32);

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (seq, ord) = text.split_once('-').ok_or(())?;
        Ok(Place(seq.parse().map_err(|_| ())?, ord.parse().map_err(|_| ())?))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

/// List a run's records, in the order in which they came.
#[utoipa::path(get, path = "/v1/runs/{run}/records", tag = "records", params(("run" = i64, Path), Which),
    responses((status = 200, description = "A page.", body = Listing<RecordView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<RunId>,
    uri: Uri,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    owned(&app, &caller, run).await?;
    let list = format!("records of {run} {} {:?}", which.rejected, which.version);
    let asked = Asked::of(&app, list, &uri, which.cursor.as_deref(), which.limit)?;
    let after = asked.place.as_ref().map(|Place(seq, ord)| (*seq, *ord));
    let rows = app
        .deps
        .store
        .records(RecordSelection {
            after,
            valid: !which.rejected,
            version: which.version,
            limit: asked.limit,
            ..RecordSelection::of(run)
        })
        .await?;
    Ok(asked.answer(rows, |row| Place(row.seq, row.ord), RecordView::from))
}
