//! `harvestman crawl`: one run, begun or resumed, watched to its end.

mod outputs;

use crate::args::{Crawl, ProgressMode};
use crate::embedded::{Embedded, Folder, Settings, find_browser};
use crate::progress::Progress;
use crate::{job, say, summary};
use anyhow::bail;
use egress::Allow;
use outputs::Outputs;
use shared::ids::RunId;
use shared::job::{Engine, Job};
use shared::ports::store::{Command, NewRun, RunSelection, RunState, RunSummary, Store, Tally};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often progress is looked at and records are written out.
const TICK: Duration = Duration::from_millis(100);

/// Runs the command.
///
/// # Errors
/// What a person must mend: a bad job, a folder in use, a full disk.
pub async fn run(args: &Crawl) -> anyhow::Result<ExitCode> {
    let job = Arc::new(job::from_flags(&args.job)?);
    let stop = service::signals::stop_on_signal();
    let settings = settings(args, &job)?;
    let folder = Folder::open(&args.machine.data).await?;
    let store = folder.store.clone();
    let run = begin(args, job.clone(), store.as_ref()).await?;
    let outputs = Outputs::open(store.clone(), run, &job)?;
    let stages = Embedded::start(folder, settings).await?;
    let watched = watch(args, &job, run, outputs, &stages, &stop).await;
    stages.stop().await;
    let outputs = watched?;
    // What was under way at an interruption is stored by now.
    outputs.finish().await?;
    let summary = store.summary(run).await?;
    let tallies = store.tallies(run).await?;
    report(args, &job, &summary, &tallies)?;
    if !summary.state.is_over() {
        say::err("interrupted; nothing is lost. Go on with the same command and --resume");
        return Ok(ExitCode::from(130));
    }
    if summary.state == RunState::Done && summary.counts.pages == 0 {
        say::err(summary::no_page(&tallies));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// What may be called besides the internet: what was typed. A seed without a port stands for both
/// http and https.
fn settings(args: &Crawl, job: &Job) -> anyhow::Result<Settings> {
    let mut settings = Settings::of(&args.machine, args.give_up)?;
    if job.request.engine == Engine::Browser && settings.browser.is_none() {
        settings.browser = Some(find_browser(&args.machine)?);
    }
    let typed = job.seeds.urls.iter().chain(&job.seeds.sitemaps);
    let mut hosts: Vec<(String, Option<u16>)> = typed
        .filter_map(|seed| shared::frontier::canonical::seed(seed).ok())
        .filter_map(|seed| Some((seed.host_str()?.to_owned(), seed.port())))
        .collect();
    hosts.sort();
    hosts.dedup();
    for (host, port) in hosts {
        let ports = port.map_or(vec![80, 443], |port| vec![port]);
        for port in ports {
            settings.egress.allow.push(Allow::host(&host, Some(port))?);
        }
    }
    Ok(settings)
}

/// Follows a run until it is over or a signal comes.
async fn watch(
    args: &Crawl,
    job: &Job,
    run: RunId,
    mut outputs: Outputs,
    stages: &Embedded,
    stop: &CancellationToken,
) -> anyhow::Result<Outputs> {
    stages.hint(run).await?;
    let mode = if args.quiet { ProgressMode::None } else { args.progress };
    let mut progress = Progress::new(mode, job.limits.pages);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let interrupted = tokio::select! {
            _ = ticks.tick() => false,
            () = stop.cancelled() => true,
            error = stages.failed() => return Err(error),
        };
        // The state is read first: what an ended run has is then all there to be written.
        let summary = stages.store.summary(run).await?;
        progress.show(&summary.counts);
        outputs.follow().await?;
        if interrupted || summary.state.is_over() {
            progress.end();
            if interrupted && !args.quiet {
                say::err("stopping after the requests under way; Ctrl-C again stops at once");
            }
            return Ok(outputs);
        }
    }
}

/// The run to watch: a new one, or with `--resume` the newest one of the same job. Other runs of the
/// folder rest meanwhile: this command names neither their outputs nor the hosts that they may call.
async fn begin(args: &Crawl, job: Arc<Job>, store: &dyn Store) -> anyhow::Result<RunId> {
    let fingerprint = fingerprint(&job);
    if args.resume {
        let known = store.runs(RunSelection::newest(1_000)).await?;
        if let Some(run) = known.iter().find(|run| run.fingerprint == fingerprint) {
            rest(store, Some(run.run)).await?;
            if run.state == RunState::Paused {
                store.command(run.run, Command::Resume).await?;
            }
            return Ok(run.run);
        }
        if let Some(other) = known.iter().find(|run| !run.state.is_over()) {
            bail!(
                "--resume: run {} in {} is unfinished, but of another job; use the same seeds and flags \
                 as then, or leave --resume out to begin a new run",
                other.run,
                args.machine.data.display()
            );
        }
    }
    rest(store, None).await?;
    Ok(store.create_run(NewRun { fingerprint, ..NewRun::of(job) }).await?)
}

/// Pauses every unfinished run but one.
async fn rest(store: &dyn Store, but: Option<RunId>) -> anyhow::Result<()> {
    for run in store.runs(RunSelection { unfinished: true, ..RunSelection::newest(1_000) }).await? {
        if Some(run.run) != but && run.state != RunState::Paused {
            store.command(run.run, Command::Pause).await?;
        }
    }
    Ok(())
}

/// The same text for the same work: the job without its outputs, which may differ on resuming.
fn fingerprint(job: &Job) -> String {
    let mut job = job.clone();
    job.outputs.clear();
    serde_json::to_string(&job).unwrap_or_default()
}

fn report(args: &Crawl, job: &Job, summary: &RunSummary, tallies: &[Tally]) -> anyhow::Result<()> {
    if args.json {
        let text = summary::json(summary, tallies);
        let records_on_stdout = job.outputs.iter().any(|output| output.path.as_os_str() == "-");
        if records_on_stdout {
            say::err(text);
        } else {
            say::out(format_args!("{text}\n"))?;
        }
    } else if !args.quiet {
        let table = summary::table(&summary::Head::of(summary), &summary.counts, tallies);
        say::err(table.trim_end());
    }
    Ok(())
}
