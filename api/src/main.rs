//! `harvestman-api`: the REST API as a service of its own.

use anyhow::Context;
use api::{Config, Deps};
use service::connect;
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    service::run("api", |settings, stop| async move {
        let deps = Deps { store: connect::store(&settings.store, Arc::new(SystemClock)).await? };
        let listener = tokio::net::TcpListener::bind(&settings.api_listen)
            .await
            .with_context(|| format!("HARVESTMAN_API_LISTEN: cannot listen on {}", settings.api_listen))?;
        Ok(api::run(Config::default(), deps, listener, stop).await?)
    })
}
