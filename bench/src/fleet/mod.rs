//! What the pipeline costs as separate services over real servers: processor time, memory, and what the
//! servers are asked, per 1,000 pages. The servers, the sites and the services are all started here.

mod counts;
mod embedded;
mod harvest;
mod report;
mod sampler;

pub use harvest::job;

use crate::check::{judge, reset};
use crate::site::{Served, SpecFlags};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use testkit::site::Compare;
use url::Url;

/// Measures a fleet of services at their default settings.
#[derive(Args)]
pub struct Fleet {
    /// Pages of all sites together.
    #[arg(long, default_value_t = 20_000)]
    pages: u32,
    /// Sites, each a host of its own.
    #[arg(long, default_value_t = 8)]
    sites: u32,
    /// How long the sites hold each answer back, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    #[command(flatten)]
    spec: SpecFlags,
    #[command(flatten)]
    harvest: harvest::Flags,
    /// Numbers of workers to be measured one after the other.
    #[arg(long, value_delimiter = ',', default_value = "2")]
    workers: Vec<usize>,
    /// Harvest the same sites with `harvestman crawl` as well, and compare the processor time.
    #[arg(long)]
    embedded: bool,
    /// The binary of this project, for that.
    #[arg(long, default_value = "target/release/harvestman")]
    harvestman: PathBuf,
    /// Where to write the figures, as JSON.
    #[arg(long, default_value = "target/bench/fleet.json")]
    json: PathBuf,
}

impl Fleet {
    /// Measures, prints, and fails where a page is lost or the promised limits are not kept.
    pub fn run(self) -> Result<()> {
        let each = self.pages.div_ceil(self.sites.max(1)).max(2);
        let start = |_| Served::start_slow(each, &self.spec, self.latency_ms);
        let sites = (0..self.sites.max(1)).map(start).collect::<Result<Vec<Served>>>()?;
        let urls = sites.iter().map(|site| Ok(Url::parse(&site.url)?)).collect::<Result<Vec<Url>>>()?;
        let mut lines = Vec::new();
        for workers in &self.workers {
            urls.iter().try_for_each(reset)?;
            let line = harvest::measure(&self.harvest, *workers, &urls, u64::from(each * self.sites))?;
            complete(&urls)?;
            report::print(&line)?;
            lines.push(line);
        }
        report::write(&self.json, &lines)?;
        if self.embedded {
            urls.iter().try_for_each(reset)?;
            let alone = embedded::cpu_per_1000(&self.harvestman, &urls)?;
            complete(&urls)?;
            report::compare(&lines, alone)?;
        }
        Ok(())
    }
}

/// Every page of every site was asked for, and none twice.
fn complete(urls: &[Url]) -> Result<()> {
    for url in urls {
        let verdict = judge(url, None, Compare::Typed)?;
        let good = verdict.completeness() >= 100.0 && verdict.fetched_twice.is_empty();
        anyhow::ensure!(good, "{url}: the harvest is not perfect:\n{verdict}");
    }
    Ok(())
}
