//! The main of a service.

use crate::args::{self, Args, Task};
use crate::frame::Frame;
use crate::health::Health;
use crate::recorder::Recorder;
use crate::settings::{BadSetting, Common, Settings};
use crate::traces::Traces;
use crate::{admin, healthcheck, metered, open_files, signals, telemetry};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::metric::Metric;
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// Bad use: a word or a setting that is not understood.
const BAD_USE: u8 = 2;

/// What a stage gets on top of its time to drain before it is left behind.
const GRACE: Duration = Duration::from_secs(3);

/// How long work on other threads may keep the process after the stage has ended.
const LAST_THREADS: Duration = Duration::from_secs(1);

/// The main of a service: reads its words and settings, begins to log and count, opens the admin port,
/// runs the stage until a signal comes, and reports how it ended. `counted` is what the stage counts. Exit codes: 0 ended as told, 1 failed,
/// 2 bad use, 130 ended by a second signal.
pub fn run<C, F, Fut>(name: &'static str, defaults: C, counted: &[Metric], stage: F) -> ExitCode
where
    C: Serialize + DeserializeOwned,
    F: FnOnce(Frame<C>) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    match begin(name, defaults, counted, stage) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("harvestman-{name}: {error:#}");
            if error.is::<BadSetting>() { ExitCode::from(BAD_USE) } else { ExitCode::FAILURE }
        }
    }
}

fn begin<C, F, Fut>(name: &'static str, defaults: C, counted: &[Metric], stage: F) -> anyhow::Result<ExitCode>
where
    C: Serialize + DeserializeOwned,
    F: FnOnce(Frame<C>) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let args = Args::read(std::env::args().skip(1)).map_err(|why| BadSetting::new("usage", why))?;
    match args.task {
        Task::Help => return Ok(say(&args::help(name))),
        Task::Version => return Ok(say(&format!("harvestman-{name} {}\n", env!("CARGO_PKG_VERSION")))),
        _ => {}
    }
    let settings = Settings::load(name, &defaults, args.config.as_deref(), std::env::vars())?;
    match args.task {
        Task::PrintConfig => Ok(say(&settings.show(name))),
        Task::HealthCheck(path) => match healthcheck::ask(&settings.common.admin_listen, path) {
            Ok(answer) => Ok(say(&format!("{answer}\n"))),
            Err(answer) => anyhow::bail!("{answer}"),
        },
        _ => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let ended = runtime.block_on(async {
                let traces = Traces::of(name, &settings.common)?;
                let Common { log_format, log_level, .. } = &settings.common;
                telemetry::start_with(*log_format, log_level, traces.as_ref().map(Traces::lines));
                open_files::raise();
                let ended = serve(name, settings, counted, stage).await;
                if let Some(traces) = traces {
                    traces.end().await;
                }
                ended
            });
            runtime.shutdown_timeout(LAST_THREADS);
            ended.map(|()| ExitCode::SUCCESS)
        }
    }
}

fn say(text: &str) -> ExitCode {
    // A reader that goes away is no failure.
    let _gone = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

async fn serve<C, F, Fut>(
    name: &'static str,
    settings: Settings<C>,
    counted: &[Metric],
    stage: F,
) -> anyhow::Result<()>
where
    F: FnOnce(Frame<C>) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let stop = signals::stop_on_signal();
    let recorder = Recorder::install(name)?;
    counted.iter().chain(metered::METRICS).for_each(Metric::describe);
    #[cfg(feature = "postgres")]
    backends::postgres::METRICS.iter().for_each(Metric::describe);
    let health = Health::new(stop.clone());
    let admin = admin::Admin::bind(&settings.common.admin_listen).await?;
    tracing::info!(admin = %admin.address()?, version = env!("CARGO_PKG_VERSION"), "harvestman-{name} begins");
    let drain = settings.common.drain();
    let late = async {
        stop.cancelled().await;
        tracing::info!("draining for {drain:?} at most");
        tokio::time::sleep(drain + GRACE).await;
    };
    tokio::select! {
        ended = stage(Frame::new(settings, health.clone(), stop.clone())) => match ended {
            // What hindered it does not matter to who wanted it to end.
            Err(error) if stop.is_cancelled() => tracing::warn!("{error:#}"),
            ended => ended?,
        },
        () = late => tracing::warn!("the stage did not end in time; what it had under way is done again by others"),
        ended = admin.serve(health, recorder.clone()) => ended?,
        () = recorder.upkeep() => {}
    }
    tracing::info!("harvestman-{name} ends");
    Ok(())
}
