//! `harvestman-worker`: a fetch worker as a service of its own. No database driver is in it.

use anyhow::Context;
use egress::{Egress, EgressConfig};
use service::connect;
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;
use worker::{Config, Deps};

fn main() -> ExitCode {
    service::run("worker", |settings, stop| async move {
        let allow =
            settings.allowed().map(str::parse).collect::<Result<_, _>>().context("HARVESTMAN_ALLOW")?;
        let deps = Deps {
            queue: connect::queue(&settings.queue).await?,
            archive: connect::archive(&settings.archive).await?,
            clock: Arc::new(SystemClock),
            egress: Arc::new(Egress::new(EgressConfig { allow, ..EgressConfig::default() })),
        };
        Ok(worker::run(Config::service(), deps, stop).await?)
    })
}
