//! The main of a service.

use crate::{admin, settings, signals, telemetry};
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// The main of a service: reads the settings, begins to log, opens the admin port, runs the stage
/// until a signal comes, and reports how it ended.
pub fn run<F, Fut>(name: &str, stage: F) -> ExitCode
where
    F: FnOnce(settings::Settings, CancellationToken) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let settings = match settings::Settings::load(std::env::vars()) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("harvestman-{name}: {error}");
            return ExitCode::from(2);
        }
    };
    if std::env::args().any(|arg| arg == "--print-config") {
        // A reader that goes away is no failure.
        let _gone = writeln!(std::io::stdout(), "{settings}");
        return ExitCode::SUCCESS;
    }
    telemetry::start(settings.log_format, &settings.log_level);
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(serve(settings, stage)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<F, Fut>(settings: settings::Settings, stage: F) -> anyhow::Result<()>
where
    F: FnOnce(settings::Settings, CancellationToken) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let stop = signals::stop_on_signal();
    let admin = admin::Admin::bind(&settings.admin_listen).await?;
    tokio::select! {
        ended = stage(settings, stop.clone()) => ended,
        ended = admin.serve(stop.clone()) => ended,
    }
}
