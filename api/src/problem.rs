//! Errors as problem details (RFC 9457).

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::job::JobError;
use shared::ports::StoreError;

/// An error that a client can read.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    errors: Vec<serde_json::Value>,
}

impl Problem {
    /// A problem with this status and sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Problem { status, detail: detail.into(), errors: Vec::new() }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound(what) => Problem::new(StatusCode::NOT_FOUND, format!("there is no {what}")),
            StoreError::Conflict(why) => Problem::new(StatusCode::CONFLICT, why),
            StoreError::Exhausted(why) => Problem::new(StatusCode::TOO_MANY_REQUESTS, why),
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "store");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "try again in a moment")
            }
            _ => {
                tracing::error!(%error, "store");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says why")
            }
        }
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Invalid(problems) => Problem {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                detail: "the job cannot be run as it is".into(),
                errors: problems
                    .iter()
                    .map(|p| serde_json::json!({ "field": p.place, "detail": p.message }))
                    .collect(),
            },
            other => Problem::new(StatusCode::BAD_REQUEST, other.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "errors": self.errors,
        });
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
    }
}

/// What is answered where there is nothing.
pub async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such route")
}
