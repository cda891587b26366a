//! The pages for a browser. Their files are inside the binary; what they show they take from `/v1`, as any
//! other client does.

use crate::app::App;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Nothing but these files and this server's own answers: text of crawled pages can run nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The pages and what they load. They are open to all: they tell nothing of anybody.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/docs", file(HTML, include_str!("assets/docs.html")))
        .route("/assets/docs.js", file(SCRIPT, include_str!("assets/docs.js")))
        .route("/assets/style.css", file(STYLE, include_str!("assets/style.css")))
}

fn file(kind: &'static str, text: &'static str) -> axum::routing::MethodRouter<App> {
    get(move || async move { answer(kind, text) })
}

fn answer(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}
