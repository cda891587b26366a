//! `harvestman-parser`: the parser as a service of its own. It calls nobody but its servers.

use parser::{Config, Deps, METRICS};
use std::process::ExitCode;

fn main() -> ExitCode {
    service::run("parser", Config::default(), METRICS, async |frame| {
        let deps = Deps {
            archive: frame.archive().await?,
            queue: frame.queue().await?,
            store: frame.store().await?,
        };
        frame.begins();
        Ok(parser::run(frame.config, deps, frame.stop).await?)
    })
}
