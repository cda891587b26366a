//! `harvestman-api`: the REST API as a service of its own.

use api::{Access, Config, Deps, METRICS, Settings};
use egress::{Egress, EgressConfig};
use service::settings::BadSetting;
use shared::clock::SystemClock;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// See [`Config::leave`]. It is part of the drain.
const LEAVE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    service::run("api", Settings::default(), METRICS, async |frame| {
        let Settings { listen, key, open, config } = frame.config.clone();
        let listener = TcpListener::bind(&listen).await.map_err(|cause| {
            BadSetting::new("HARVESTMAN_API_LISTEN", format!("cannot listen on {listen}: {cause}"))
        })?;
        let (allow, roots) = (frame.settings.allow_list()?, frame.settings.roots()?);
        let deps = Deps {
            store: frame.store().await?,
            archive: frame.archive().await?,
            queue: frame.queue().await?,
            clock: Arc::new(SystemClock),
            egress: Arc::new(Egress::new(EgressConfig { allow, roots, ..EgressConfig::default() })),
            check: parser::check,
            preview: Arc::new(parser::preview),
        };
        let key = Some(key.as_str()).filter(|key| !key.is_empty());
        let access = Access::of(key, open, listener.local_addr()?, &*deps.store).await?;
        // The others only help: pages and records are read, runs begun and kept in the store without them.
        frame.works_without(&["queue", "archive"]);
        frame.begins();
        Ok(api::run(Config { access, leave: LEAVE, ..config }, deps, listener, frame.stop).await?)
    })
}
