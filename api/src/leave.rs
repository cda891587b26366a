//! How the API goes away: a connection that is closed between two requests costs its client the second one.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// After the stop every answer is the last of its connection.
pub async fn last(State(stop): State<CancellationToken>, request: Request, next: Next) -> Response {
    // HTTP/2 says it by a frame of its own.
    let spoken = request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    if spoken && stop.is_cancelled() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The time from which connections without a request are closed.
pub async fn after(stop: CancellationToken, leave: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(leave).await;
}
