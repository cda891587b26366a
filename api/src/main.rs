//! `harvestman-api`: the REST API as a service of its own.

use anyhow::Context;
use api::{Access, Config, Deps};
use egress::{Egress, EgressConfig};
use service::connect;
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    service::run("api", |settings, stop| async move {
        let clock = Arc::new(SystemClock);
        let allow =
            settings.allowed().map(str::parse).collect::<Result<_, _>>().context("HARVESTMAN_ALLOW")?;
        let deps = Deps {
            store: connect::store(&settings.store, clock.clone()).await?,
            archive: connect::archive(&settings.archive).await?,
            queue: connect::queue(&settings.queue).await?,
            clock,
            egress: Arc::new(Egress::new(EgressConfig { allow, ..EgressConfig::default() })),
            check: parser::check,
        };
        let listener = tokio::net::TcpListener::bind(&settings.api_listen)
            .await
            .with_context(|| format!("HARVESTMAN_API_LISTEN: cannot listen on {}", settings.api_listen))?;
        let key = Some(settings.api_key.as_str()).filter(|key| !key.is_empty());
        let access =
            Access::of(key, settings.api_open == "true", listener.local_addr()?, &*deps.store).await?;
        Ok(api::run(Config { access, ..Config::default() }, deps, listener, stop).await?)
    })
}
