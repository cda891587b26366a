//! Errors as problem details (RFC 9457), each naming the field that is wrong.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::job::JobError;
use shared::ports::{ArchiveError, StoreError};
use utoipa::ToSchema;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error that a client can read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, and what would be right.
    detail: String,
    /// The path that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// The request's id, as in `X-Request-Id` and in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// The fields that are wrong.
    errors: Vec<FieldError>,
    #[serde(skip)]
    headers: Vec<(header::HeaderName, String)>,
}

/// A field that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it is: a JSON pointer into the body (`/job/limits/pages`), or `query:NAME`, `header:NAME`.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A problem with this status and sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            request_id: None,
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// A field that does not fit, in a request that is otherwise well-formed.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the request cannot be done as it is")
            .and(pointer, detail)
    }

    /// A query parameter or a header that does not fit.
    pub fn parameter(place: impl Into<String>, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, "a parameter does not fit").and(place, detail)
    }

    /// There is no such thing, or it is another tenant's.
    pub fn missing(what: impl std::fmt::Display) -> Self {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }

    /// With one more field.
    #[must_use]
    pub fn and(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The problem of this request.
    #[must_use]
    pub fn of_request(mut self, path: &str, id: &str) -> Self {
        self.instance = Some(path.to_owned());
        self.request_id = Some(id.to_owned());
        self
    }

    /// All of it in one sentence.
    pub fn in_words(&self) -> String {
        let fields = self.errors.iter().map(|field| format!("; {}: {}", field.pointer, field.detail));
        std::iter::once(self.detail.clone()).chain(fields).collect()
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is wrong with a job that stands below `prefix` in the request's body.
    pub fn of_job(error: JobError, prefix: &str) -> Self {
        match error {
            JobError::Invalid(problems) => problems.into_iter().fold(
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the job cannot be run as it is"),
                |all, p| all.and(format!("{prefix}{}", pointer(&p.place)), p.message),
            ),
            JobError::Malformed { place, message } => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "this is not a job")
                    .and(format!("{prefix}{}", pointer(&place)), message)
            }
            JobError::Unreadable { .. } => Problem::new(StatusCode::BAD_REQUEST, "the job cannot be read"),
        }
    }
}

/// `scope.include[2]` as a JSON pointer, `/scope/include/2`.
pub fn pointer(place: &str) -> String {
    if matches!(place, "" | "." | "?") {
        return String::new();
    }
    let place = place.replace('~', "~0").replace('/', "~1").replace("][", "/");
    format!("/{}", place.replace(['.', '['], "/").replace(']', ""))
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Problem::missing(what),
            StoreError::Conflict(why) => Problem::new(StatusCode::CONFLICT, why),
            StoreError::Exhausted(why) => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, why).header(header::RETRY_AFTER, "60")
            }
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "store");
                unavailable()
            }
            _ => {
                tracing::error!(%error, "store");
                broken()
            }
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::NotFound(_) => Problem::missing("such page in the archive any more"),
            ArchiveError::Unavailable(_) => {
                tracing::warn!(%error, "archive");
                unavailable()
            }
            _ => {
                tracing::error!(%error, "archive");
                broken()
            }
        }
    }
}

/// A server behind this one does not answer now.
pub fn unavailable() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "try again in a moment").header(header::RETRY_AFTER, "1")
}

/// What is wrong is in the log, and not for clients.
pub fn broken() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says why")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What is answered where there is nothing.
pub async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such route; /openapi.json lists them")
}

/// What is answered where there is something, but not by this method.
pub async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this route has no such method; /openapi.json lists them")
}

#[cfg(test)]
mod tests {
    use super::pointer;

    #[test]
    fn places_become_json_pointers() {
        assert_eq!(pointer("scope.include[2]"), "/scope/include/2");
        assert_eq!(pointer("a[1][2].b"), "/a/1/2/b");
        assert_eq!(pointer("."), "");
    }
}
