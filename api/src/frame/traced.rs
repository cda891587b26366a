//! The layer around all: a request that changes something begins a trace, or goes on with its client's.

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use shared::trace::{self, TraceContext};
use tracing::Instrument;
use tracing::field::Empty;

/// The longest header of a trace that is taken, in bytes.
const MOST: usize = 512;

/// Answers within a span. Requests that only read have none, unless they come with a trace: pages that are looked at again and
/// again would fill the collector.
pub async fn traced(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let method = request.method();
    let span = || {
        let name = format!("{method} {route}");
        tracing::info_span!(
            "request",
            otel.name = name,
            otel.kind = "server",
            http.request.method = %method,
            http.route = route,
            http.response.status_code = Empty
        )
    };
    let span = match client(request.headers()) {
        Some(context) => trace::follow(Some(&context), span),
        None if method.is_safe() => tracing::Span::none(),
        None => trace::begin(span),
    };
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    response
}

/// The trace that a client is in.
fn client(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name| headers.get(name)?.to_str().ok().filter(|text| text.len() <= MOST);
    Some(TraceContext::of(text("traceparent")?, text("tracestate")))
}
