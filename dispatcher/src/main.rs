//! `harvestman-dispatcher`: the dispatcher as a service of its own.

use dispatcher::{Config, Deps, METRICS};
use egress::{Egress, EgressConfig};
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    service::run("dispatcher", Config::default(), METRICS, async |frame| {
        let (allow, roots) = (frame.settings.allow_list()?, frame.settings.roots()?);
        let deps = Deps {
            queue: frame.queue().await?,
            store: frame.store().await?,
            clock: Arc::new(SystemClock),
            egress: Some(Arc::new(Egress::new(EgressConfig { allow, roots, ..EgressConfig::default() }))),
        };
        frame.begins();
        Ok(dispatcher::run(frame.config, deps, frame.stop).await?)
    })
}
