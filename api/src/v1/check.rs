//! A job as a person writes it, looked at before it is kept.

use crate::app::App;
use crate::auth::Caller;
use crate::frame::extract::Body;
use crate::openapi::JobDocument;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::job::Job;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest text, in bytes.
const LONGEST: usize = 1 << 20;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

/// A job document as text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Text {
    /// YAML or JSON.
    #[schema(max_length = 1048576)]
    text: String,
}

/// A job that can be run.
#[derive(Serialize, ToSchema)]
struct Checked {
    /// The document, as the other routes take it, with every default in its place.
    #[schema(value_type = JobDocument)]
    job: Job,
}

/// Check a job document that is written as YAML or JSON. Nothing is kept.
#[utoipa::path(post, path = "/v1/jobs/check", tag = "jobs", request_body = Text,
    responses((status = 200, description = "It can be run.", body = Checked)))]
async fn check(
    State(app): State<App>,
    _caller: Caller,
    Body(Text { text }): Body<Text>,
) -> Result<Json<Checked>, Problem> {
    if text.len() > LONGEST {
        return Err(Problem::field("/text", format!("at most {LONGEST} bytes")));
    }
    Ok(Json(Checked { job: super::start::job_of_text(&app, &text)? }))
}
