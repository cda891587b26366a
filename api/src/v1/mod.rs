//! The routes, one file a room.

mod check;
mod dead_letters;
pub mod events;
mod exports;
mod files;
mod hosts;
mod jobs;
pub mod keys;
pub mod pages;
pub mod records;
pub mod runs;
mod schedules;
mod secrets;
pub mod start;
mod tenants;
mod throughput;
pub mod time;
mod versions;
pub mod webhook_secret;
pub mod webhooks;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;

/// All of them.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(crate::openapi::head())
        .merge(jobs::routes())
        .merge(check::routes())
        .merge(schedules::routes())
        .merge(runs::routes())
        .merge(throughput::routes())
        .merge(events::routes())
        .merge(pages::routes())
        .merge(records::routes())
        .merge(versions::routes())
        .merge(exports::routes())
        .merge(files::routes())
        .merge(crate::scrape::routes())
        .merge(hosts::routes())
        .merge(dead_letters::routes())
        .merge(webhooks::routes())
        .merge(webhook_secret::routes())
        .merge(keys::routes())
        .merge(tenants::routes())
}
