//! The outermost layer.

use crate::app::App;
use crate::metrics::{REQUESTS, SECONDS};
use crate::problem::{self, Problem};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Duration;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id and a deadline, and every error the form of a problem.
pub async fn outer(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let begun = app.deps.clock.now();
    let deadline = Duration::from_millis(app.config.timeout_ms);
    let response = match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "this took too long; try again").into_response()
        }
    };
    let mut response = as_problem(response, &path, &id);
    let took = app.deps.clock.now().since(begun);
    tracing::debug!(%method, path, request = id, status = response.status().as_u16(), ?took, "answered");
    REQUESTS.add(&[crate::metrics::status(response.status().as_u16())], 1);
    SECONDS.took(&[], took);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The client's own id if it is a sane one.
fn request_id(request: &Request) -> String {
    let fits = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let given = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).filter(fits);
    given.map_or_else(|| shared::random::uuid().simple().to_string(), str::to_owned)
}

/// A problem knows its path and id; what is an error without being a problem becomes one, unless it
/// is JSON in a form of its own.
fn as_problem(response: Response, path: &str, id: &str) -> Response {
    let status = response.status();
    let known = response.extensions().get::<Problem>().cloned();
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let problem = match known {
        Some(problem) => problem,
        None if (status.is_client_error() || status.is_server_error()) && !is_json => {
            Problem::new(status, status.canonical_reason().unwrap_or("error"))
        }
        None => return response,
    };
    let problem = problem.of_request(path, id);
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let (fresh, body) = problem.into_response().into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
    for (name, value) in &fresh.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

/// What a panic of a route becomes.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    tracing::error!("a route panicked");
    problem::broken().into_response()
}
