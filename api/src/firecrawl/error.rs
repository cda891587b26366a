//! Errors as the clients of Firecrawl read them: `{"success": false, "error", "code"?}`.

use crate::problem::Problem;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use shared::ports::StoreError;

/// See the module.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: Option<&'static str>,
    error: String,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        Refusal { status, code: Some(code), error: error.into() }
    }

    /// A request that does not fit.
    pub fn bad(error: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", error)
    }

    /// What is not built.
    pub fn unbuilt(what: &str) -> Self {
        let error = format!("{what} is not built into this server");
        Refusal::new(StatusCode::NOT_IMPLEMENTED, "NOT_IMPLEMENTED", error)
    }

    /// No such job, or another tenant's.
    pub fn no_job() -> Self {
        Refusal { status: StatusCode::NOT_FOUND, code: None, error: "Job not found".to_owned() }
    }

    /// A job that was over for so long that its clients forget it.
    pub fn expired() -> Self {
        Refusal { status: StatusCode::NOT_FOUND, code: None, error: "Job expired".to_owned() }
    }

    pub fn text(&self) -> &str {
        &self.error
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let (status, code) = match problem.status() {
            StatusCode::UNPROCESSABLE_ENTITY => (StatusCode::BAD_REQUEST, Some("BAD_REQUEST")),
            status @ StatusCode::BAD_REQUEST => (status, Some("BAD_REQUEST")),
            status @ StatusCode::UNAUTHORIZED => (status, Some("UNAUTHORIZED")),
            status @ StatusCode::REQUEST_TIMEOUT => (status, Some("SCRAPE_TIMEOUT")),
            status @ StatusCode::TOO_MANY_REQUESTS => (status, Some("RATE_LIMITED")),
            status => (status, None),
        };
        Refusal { status, code, error: problem.in_words() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Refusal::no_job(),
            other => Problem::from(other).into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("success".to_owned(), false.into());
        body.insert("error".to_owned(), self.error.into());
        if let Some(code) = self.code {
            body.insert("code".to_owned(), code.into());
        }
        (self.status, Json(Value::Object(body))).into_response()
    }
}

/// Gives a problem of the guards (no key, no quota) and of the arguments the form of this API; its headers stay.
pub async fn of_guards(response: Response) -> Response {
    let status = response.status();
    let is_json = response.headers().get("content-type").is_some_and(|kind| kind == "application/json");
    let problem = match response.extensions().get::<Problem>().cloned() {
        Some(problem) => problem,
        None if status.is_client_error() && !is_json => {
            Problem::new(status, status.canonical_reason().unwrap_or("error"))
        }
        None => return response,
    };
    let (parts, _) = response.into_parts();
    let mut answer = Refusal::from(problem).into_response();
    for (name, value) in &parts.headers {
        if !["content-type", "content-length"].contains(&name.as_str()) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
