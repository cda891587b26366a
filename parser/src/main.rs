//! `harvestman-parser`: the parser as a service of its own.

use parser::{Config, Deps};
use service::connect;
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    service::run("parser", |settings, stop| async move {
        let deps = Deps {
            store: connect::store(&settings.store, Arc::new(SystemClock)).await?,
            queue: connect::queue(&settings.queue).await?,
            archive: connect::archive(&settings.archive).await?,
        };
        Ok(parser::run(Config::default(), deps, stop).await?)
    })
}
