//! What the API bears: reads at a fixed rate while a run is under way, the same beside a large export, and clients
//! that follow a run and hear nothing.

mod export;
mod followers;
mod load;
mod reads;
mod report;
mod served;
mod usage;

use crate::fleet::job;
use crate::site::{Served as Site, SpecFlags};
use anyhow::{Context, Result};
use clap::Args;
use followers::Followers;
use reads::Reads;
use report::{Figures, Quiet, Reading};
use served::{Kind, Served};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use url::Url;
use usage::Usage;

/// How long a run is under way before anything is measured.
const UNDER_WAY: Duration = Duration::from_secs(3);

/// Measures what the API bears.
#[derive(Args)]
pub struct Api {
    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "serve,cluster")]
    kinds: Vec<Kind>,
    /// Reads a second.
    #[arg(long, default_value_t = 2_000)]
    rate: u32,
    /// For so many seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Records of the large run that is read and exported.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Clients that follow a run in silence.
    #[arg(long, default_value_t = 10_000)]
    followers: usize,
    /// Sites of the run that is under way.
    #[arg(long, default_value_t = 4)]
    sites: u32,
    /// Between two requests to one of them, in milliseconds.
    #[arg(long, default_value_t = 40)]
    delay_ms: u64,
    /// The binary of this project.
    #[arg(long, default_value = "target/release/harvestman")]
    harvestman: PathBuf,
    /// Where to write the figures, as JSON.
    #[arg(long, default_value = "target/bench/api.json")]
    json: PathBuf,
    #[command(flatten)]
    spec: SpecFlags,
}

impl Api {
    /// Measures, prints, and fails where an answer is wrong or a client is lost.
    #[tokio::main]
    pub async fn run(self) -> Result<()> {
        // More pages than are fetched meanwhile.
        let sites = (0..self.sites).map(|_| Site::start(5_000, &self.spec)).collect::<Result<Vec<_>>>()?;
        let urls = sites.iter().map(|site| Ok(Url::parse(&site.url)?)).collect::<Result<Vec<_>>>()?;
        let mut all = Vec::new();
        for kind in &self.kinds {
            let figures = self.measure(*kind, &urls).await?;
            report::print(&figures)?;
            all.push(figures);
        }
        report::write(&self.json, &all)
    }

    async fn measure(&self, kind: Kind, urls: &[Url]) -> Result<Figures> {
        let allow: Vec<&str> = urls.iter().map(|url| url.authority()).collect();
        let served = Served::start(kind, &self.harvestman, self.records, &allow.join(",")).await?;
        let run = served.post("/v1/runs", Some(serde_json::to_string(&job(urls, self.delay_ms))?)).await?;
        let run = run["id"].as_i64().context("no run")?;
        sleep(UNDER_WAY).await;
        let reads = Arc::new(Reads::of(&served, run).await?);
        // Once for nothing: connections and caches are those of a server that is in use.
        load::run(&reads, self.rate / 4, Duration::from_secs(2)).await;

        let span = Duration::from_secs(self.seconds);
        let usage = Usage::begin(served.pid);
        let took = load::run(&reads, self.rate, span).await;
        let mut readings = vec![Reading::of("nothing else", &took, &usage, None)];
        for format in ["jsonl", "parquet"] {
            let usage = Usage::begin(served.pid);
            let (took, exported) =
                tokio::join!(load::run(&reads, self.rate, span), export::fetch(&served, format));
            readings.push(Reading::of(format, &took, &usage, Some(exported?)));
        }
        let usage = Usage::begin(served.pid);
        let (took, kept) = tokio::join!(load::run(&reads, self.rate, span), export::keep(&served, "jsonl"));
        readings.push(Reading::of("jsonl into the archive", &took, &usage, Some(kept?)));
        let pages = pages(&served, run).await?;
        let quiet = self.quiet(&served, urls).await?;
        served.post(&format!("/v1/runs/{run}/cancel"), None).await?;
        served.end().await?;
        Ok(Figures { kind: format!("{kind:?}").to_lowercase(), rate: self.rate, pages, readings, quiet })
    }

    /// Clients follow a run that is paused, and hear of its end.
    async fn quiet(&self, served: &Served, urls: &[Url]) -> Result<Quiet> {
        let run = served.post("/v1/runs", Some(serde_json::to_string(&job(urls, self.delay_ms))?)).await?;
        let run = run["id"].as_i64().context("no run")?;
        served.post(&format!("/v1/runs/{run}/pause"), None).await?;
        let usage = Usage::begin(served.pid);
        let before = usage.now();
        let followers = Followers::begin(served, run, self.followers).await?;
        let usage = Usage::begin(served.pid);
        sleep(Duration::from_secs(self.seconds)).await;
        let (cpu, memory, files) = (usage.cpu(), usage.now(), usage.files());
        let lost = followers.lost();
        served.post(&format!("/v1/runs/{run}/cancel"), None).await?;
        let told = followers.told().await?;
        Ok(Quiet { clients: self.followers, before, memory, cpu, files, lost, told_ms: told.as_millis() })
    }
}

/// Pages of a run so far.
async fn pages(served: &Served, run: i64) -> Result<u64> {
    let answer = served.get(&format!("{}/v1/runs/{run}", served.base)).await?.bytes().await?;
    let run: serde_json::Value = serde_json::from_slice(&answer)?;
    Ok(run["counts"]["pages"].as_u64().unwrap_or(0))
}
