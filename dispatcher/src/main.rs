//! `harvestman-dispatcher`: the dispatcher as a service of its own.

use anyhow::Context;
use dispatcher::{Config, Deps};
use egress::{Egress, EgressConfig};
use service::connect;
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    service::run("dispatcher", |settings, stop| async move {
        let clock = Arc::new(SystemClock);
        let allow =
            settings.allowed().map(str::parse).collect::<Result<_, _>>().context("HARVESTMAN_ALLOW")?;
        let deps = Deps {
            store: connect::store(&settings.store, clock.clone()).await?,
            queue: connect::queue(&settings.queue).await?,
            clock,
            egress: Some(Arc::new(Egress::new(EgressConfig { allow, ..EgressConfig::default() }))),
        };
        Ok(dispatcher::run(Config::default(), deps, stop).await?)
    })
}
