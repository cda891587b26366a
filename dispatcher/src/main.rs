//! `harvestman-dispatcher`: the dispatcher as a service of its own.

use dispatcher::{Config, Deps};
use service::connect;
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    service::run("dispatcher", |settings, stop| async move {
        let clock = Arc::new(SystemClock);
        let deps = Deps {
            store: connect::store(&settings.store, clock.clone()).await?,
            queue: connect::queue(&settings.queue).await?,
            clock,
        };
        Ok(dispatcher::run(Config::default(), deps, stop).await?)
    })
}
