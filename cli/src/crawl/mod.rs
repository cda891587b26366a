//! `harvestman crawl`: one run, begun or resumed, watched to its end.

mod embedded;
mod outputs;
mod progress;
mod summary;

use crate::args::Crawl;
use crate::{job, say};
use anyhow::bail;
use embedded::{Embedded, Places};
use shared::ids::RunId;
use shared::job::Job;
use shared::ports::store::{NewRun, RunState, RunSummary, Store};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use worker::egress::Allow;

/// How often progress is looked at and records are written out.
const TICK: Duration = Duration::from_millis(100);

/// Runs the command.
///
/// # Errors
/// What a person must mend: a bad job, a folder in use, a full disk.
pub async fn run(args: &Crawl) -> anyhow::Result<ExitCode> {
    let job = Arc::new(job::from_flags(&args.job)?);
    let stop = service::signals::stop_on_signal();
    let places = Places::within(&args.data);
    let stages = Embedded::start(&places, &settings(args, &job)?).await?;
    let watched = watch(args, &job, &stages, &stop).await;
    let store = stages.store.clone();
    stages.stop().await;
    let (run, outputs) = watched?;
    // What was under way at an interruption is stored by now.
    outputs.finish().await?;
    let summary = store.summary(run).await?;
    report(args, &job, &summary, &store).await?;
    if !summary.state.is_over() {
        say::err("interrupted; nothing is lost. Go on with the same command and --resume");
        return Ok(ExitCode::from(130));
    }
    Ok(exit_code(&summary))
}

/// What may be called besides the internet: what was typed. A seed without a port stands for both
/// http and https.
fn settings(args: &Crawl, job: &Job) -> anyhow::Result<embedded::Settings> {
    let mut allow = args.allow.clone();
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
            allow.push(Allow::host(&host, Some(port))?);
        }
    }
    Ok(embedded::Settings { allow, give_up: args.give_up.0 })
}

/// Begins or resumes the run, and follows it until it is over or a signal comes. Its outputs are
/// those of the command line: they may differ on resuming.
async fn watch(
    args: &Crawl,
    job: &Arc<Job>,
    stages: &Embedded,
    stop: &CancellationToken,
) -> anyhow::Result<(RunId, outputs::Outputs)> {
    let store = &stages.store;
    let run = begin(args, job.clone(), store.as_ref()).await?;
    stages.hint(run).await?;
    let mut outputs = outputs::Outputs::open(store.clone(), run, job)?;
    let mut progress = progress::Progress::new(args, job);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let interrupted = tokio::select! {
            _ = ticks.tick() => false,
            () = stop.cancelled() => true,
            error = stages.failed() => return Err(error),
        };
        // The state is read first: what an ended run has is then all there to be written.
        let summary = store.summary(run).await?;
        progress.show(&summary);
        outputs.follow().await?;
        if interrupted || summary.state.is_over() {
            progress.end();
            if interrupted && !args.quiet {
                say::err("stopping after the requests under way; Ctrl-C again stops at once");
            }
            return Ok((run, outputs));
        }
    }
}

/// The run to watch: a new one, or with `--resume` the newest one of the same job.
async fn begin(args: &Crawl, job: Arc<Job>, store: &dyn Store) -> anyhow::Result<RunId> {
    let fingerprint = fingerprint(&job);
    if args.resume {
        let known = store.runs(None, false, 1_000).await?;
        if let Some(run) = known.iter().find(|run| run.fingerprint == fingerprint) {
            return Ok(run.run);
        }
        if let Some(other) = known.iter().find(|run| !run.state.is_over()) {
            bail!(
                "--resume: run {} in {} is unfinished, but of another job; use the same seeds and flags \
                 as then, or leave --resume out to begin a new run",
                other.run,
                args.data.display()
            );
        }
    }
    Ok(store.create_run(NewRun { job, urgent: false, weight: 1, fingerprint }).await?)
}

/// The same text for the same work: the job without its outputs, which may differ on resuming.
fn fingerprint(job: &Job) -> String {
    let mut job = job.clone();
    job.outputs.clear();
    serde_json::to_string(&job).unwrap_or_default()
}

async fn report(args: &Crawl, job: &Job, summary: &RunSummary, store: &Arc<dyn Store>) -> anyhow::Result<()> {
    let tallies = store.tallies(summary.run).await?;
    if args.json {
        let text = summary::json(summary, &tallies);
        let records_on_stdout = job.outputs.iter().any(|output| output.path.as_os_str() == "-");
        if records_on_stdout {
            say::err(text);
        } else {
            say::out(format_args!("{text}\n"))?;
        }
    } else if !args.quiet {
        say::err(summary::table(summary, &tallies).trim_end());
    }
    Ok(())
}

fn exit_code(summary: &RunSummary) -> ExitCode {
    let counts = &summary.counts;
    if summary.state == RunState::Done && counts.pages == 0 && counts.failed > 0 {
        say::err("no page could be fetched; the reasons are above (more with -v)");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
