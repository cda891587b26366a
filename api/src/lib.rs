//! The REST API. So far it begins runs and reads what they have; DESIGN's full `/v1` comes on top.

mod problem;
mod records;
mod runs;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use shared::ports::Store;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The API's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The largest request body, in bytes.
    pub max_body: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { max_body: 10 << 20 }
    }
}

/// Every edge of the API.
#[derive(Clone)]
pub struct Deps {
    /// Runs, pages, records.
    pub store: Arc<dyn Store>,
}

/// Answers requests on a listener until `stop`.
///
/// # Errors
/// If the listener breaks.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(listener, router(&config, deps))
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
}

/// All routes.
pub fn router(config: &Config, deps: Deps) -> Router {
    Router::new()
        .route("/v1/runs", post(runs::create).get(runs::list))
        .route("/v1/runs/{run}", get(runs::read))
        .route("/v1/runs/{run}/pause", post(runs::pause))
        .route("/v1/runs/{run}/resume", post(runs::resume))
        .route("/v1/runs/{run}/cancel", post(runs::cancel))
        .route("/v1/runs/{run}/pages", get(records::pages))
        .route("/v1/runs/{run}/records", get(records::records))
        .fallback(problem::no_such_route)
        .layer(DefaultBodyLimit::max(config.max_body))
        .with_state(deps)
}
