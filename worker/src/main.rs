//! `harvestman-worker`: a fetch worker as a service of its own. No database driver is in it.

use egress::{Egress, EgressConfig};
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;
use worker::{Config, Deps, METRICS};

fn main() -> ExitCode {
    service::run("worker", Config::service(), METRICS, async |frame| {
        let (allow, roots) = (frame.settings.allow_list()?, frame.settings.roots()?);
        let deps = Deps {
            archive: frame.archive().await?,
            queue: frame.queue().await?,
            clock: Arc::new(SystemClock),
            browser: frame.config.start_browser().await?,
            egress: Arc::new(Egress::new(EgressConfig { allow, roots, ..EgressConfig::default() })),
        };
        frame.begins();
        let config = Config { drain: frame.settings.drain(), ..frame.config };
        Ok(worker::run(config, deps, frame.stop).await?)
    })
}
