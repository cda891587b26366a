//! `/v2`: the API of Firecrawl (version 2), as far as it needs neither a model nor a browser, so that its
//! clients work with this server unchanged. A crawl or a batch is a run, its id holds the run's number.
//!
//! `options`, `fields` and `hook` read requests, `shared::firecrawl` writes pages, `error` errors; `scrape`, `crawl`,
//! `batch` and `map` begin, `status`, `control` and `socket` tell.

mod batch;
mod changes;
mod control;
mod crawl;
mod diff;
mod documents;
mod error;
mod fields;
mod hook;
mod jobs;
mod map;
mod options;
mod parts;
mod recent;
mod scrape;
mod socket;
mod status;
mod team;
mod unbuilt;

pub use recent::Recent;

use crate::app::App;
use crate::auth;
use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{any, get};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes that are described.
pub fn described() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(scrape::scrape))
        .routes(routes!(scrape::read))
        .routes(routes!(crawl::start))
        .routes(routes!(control::active))
        .routes(routes!(batch::start))
        .merge(jobs::routes())
        .routes(routes!(map::map))
        .routes(routes!(team::concurrency))
        .routes(routes!(team::queue))
        .routes(routes!(team::credits))
        .routes(routes!(team::tokens))
}

/// All routes, guarded.
pub fn routes(app: &App) -> Router<App> {
    Router::from(described())
        .route("/v2/crawl/ongoing", get(control::active))
        .route("/v2/{*rest}", any(unbuilt::unbuilt))
        .layer(from_fn_with_state(app.clone(), auth::require))
        .layer(map_response(error::of_guards))
        .layer(from_fn_with_state(app.clone(), socket::divert))
}
