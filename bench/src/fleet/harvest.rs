//! One run, harvested by a fleet.

use super::counts::Counts;
use super::report::Line;
use super::sampler::Sampler;
use anyhow::Result;
use chaos::fleet::{Fleet, Size};
use chaos::servers::Servers;
use clap::Args;
use shared::job::{Delay, Job};
use shared::ports::store::{NewRun, Runs};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use url::Url;

/// How often the run is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// After so long without work a server has published all its counts.
const SETTLED: Duration = Duration::from_secs(12);

/// What is harvested, and by whom.
#[derive(Args)]
pub struct Flags {
    /// Processes of the parser.
    #[arg(long, default_value_t = 2)]
    parsers: usize,
    /// Processes of the dispatcher.
    #[arg(long, default_value_t = 2)]
    dispatchers: usize,
    /// Runs at the same time, each over all sites.
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// The pause between two requests to one site, in milliseconds.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// Leases that a worker holds at a time; its default where it is not said. The fewer, the sooner a site that answers
    /// slowly needs another worker.
    #[arg(long)]
    leases: Option<u16>,
    /// Seconds until it is given up.
    #[arg(long, default_value_t = 3_000)]
    timeout: u64,
}

/// Starts everything, harvests the sites of so many pages, and ends everything.
pub fn measure(flags: &Flags, workers: usize, urls: &[Url], pages: u64) -> Result<Line> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(harvest(flags, workers, urls, pages))
}

async fn harvest(flags: &Flags, workers: usize, urls: &[Url], pages: u64) -> Result<Line> {
    let folder = tempfile::Builder::new().prefix("harvestman-fleet-").tempdir()?;
    let servers = Servers::start().await;
    let size = Size { dispatchers: flags.dispatchers, workers, parsers: flags.parsers };
    let allow: Vec<&str> = urls.iter().map(|url| url.authority()).collect();
    let leases = flags.leases.map(|leases| leases.to_string());
    let settings: Vec<_> =
        leases.iter().map(|leases| ("HARVESTMAN_WORKER_LEASES", leases.as_str())).collect();
    let fleet = Fleet::start(&servers, &size, &settings, &allow.join(","), folder.path()).await;
    let store = servers.store().await?;

    // What an idle fleet asks of its servers is no page's cost.
    sleep(SETTLED).await;
    let before = Counts::look(&servers).await?;
    let idle = Instant::now();
    sleep(SETTLED).await;
    let idle_rate = (Counts::look(&servers).await? - before).times(1.0 / idle.elapsed().as_secs_f64());

    let before = Counts::look(&servers).await?;
    let mut sampler = Sampler::begin(&fleet);
    let began = Instant::now();
    let mut runs = Vec::new();
    for _ in 0..flags.runs {
        runs.push(store.create_run(NewRun::of(Arc::new(job(urls, flags.delay_ms)))).await?);
    }
    let all = (pages * u64::from(flags.runs)) as f64;
    let mut looks = u64::from(flags.runs);
    let mut tenth = None;
    let took = loop {
        let (mut closed, mut over) = (0, true);
        for run in &runs {
            let summary = store.summary(*run).await?;
            closed += summary.counts.pages;
            over &= summary.state.is_over();
            looks += 1;
        }
        let part = closed as f64 / all;
        sampler.look(&fleet, part);
        if part >= 0.1 && tenth.is_none() {
            tenth = Some((began.elapsed(), closed));
        }
        if over {
            anyhow::ensure!(
                closed as f64 == all,
                "{closed} of {all} pages; logs in {}",
                folder.keep().display()
            );
            break began.elapsed();
        }
        let late = began.elapsed() > Duration::from_secs(flags.timeout);
        anyhow::ensure!(!late, "{closed} of {all} pages in time; logs in {}", folder.keep().display());
        sleep(LOOK).await;
    };
    let services = sampler.end(&fleet);
    sleep(SETTLED).await;
    let mut counts = Counts::look(&servers).await? - before - idle_rate.times(began.elapsed().as_secs_f64());
    counts.transactions -= looks as f64;
    let died = fleet.died();
    anyhow::ensure!(died == 0, "{died} processes ended by themselves; logs in {}", folder.keep().display());
    fleet.end().await;
    Ok(Line::new(workers, all, took, counts.times(1_000.0 / all), idle_rate, services))
}

/// A job that harvests the products of all sites.
pub fn job(urls: &[Url], delay_ms: u64) -> Job {
    let mut job = Job::of_seeds(urls.iter().map(Url::to_string));
    job.politeness.delay = Delay::Fixed(Duration::from_millis(delay_ms));
    job.extract = Some(testkit::site::extract());
    job
}
