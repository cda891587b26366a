//! `/v2`: the API of Firecrawl (version 2), as far as it needs neither a model nor a browser, so that its
//! clients work with this server unchanged. A crawl or a batch is a run, its id holds the run's number.
//!
//! `options` and `fields` read requests, `document` writes pages, `error` errors; `scrape`, `crawl`, `batch`
//! and `map` begin, `status`, `control` and `socket` tell.

mod batch;
mod control;
mod crawl;
mod diff;
mod document;
mod error;
mod fields;
mod ids;
mod map;
mod options;
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
use axum::routing::{any, get, post};

/// All routes, guarded.
pub fn routes(app: &App) -> Router<App> {
    let job = || get(status::read).delete(control::cancel);
    Router::new()
        .route("/v2/scrape", post(scrape::scrape))
        .route("/v2/scrape/{id}", get(scrape::read))
        .route("/v2/crawl", post(crawl::start))
        .route("/v2/crawl/active", get(control::active))
        .route("/v2/crawl/ongoing", get(control::active))
        .route("/v2/crawl/{id}", job())
        .route("/v2/crawl/{id}/errors", get(control::errors))
        .route("/v2/batch/scrape", post(batch::start))
        .route("/v2/batch/scrape/{id}", job())
        .route("/v2/batch/scrape/{id}/errors", get(control::errors))
        .route("/v2/map", post(map::map))
        .route("/v2/concurrency-check", get(team::concurrency))
        .route("/v2/team/queue-status", get(team::queue))
        .route("/v2/team/credit-usage", get(team::credits))
        .route("/v2/team/token-usage", get(team::tokens))
        .route("/v2/{*rest}", any(unbuilt::unbuilt))
        .layer(from_fn_with_state(app.clone(), auth::require))
        .layer(map_response(error::of_guards))
        .layer(from_fn_with_state(app.clone(), socket::divert))
}
