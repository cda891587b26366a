//! Does a page cost more on a large site than on a small one?

use crate::contender::Contender;
use crate::report::{self, Line};
use crate::rounds::{Who, one};
use crate::site::{Served, SpecFlags};
use anyhow::Result;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use testkit::site::Flavour;
use url::Url;

/// Measures at several sizes of the site.
#[derive(Args)]
pub struct Scale {
    /// Sizes of the site, smallest first.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    pages: Vec<u32>,
    #[command(flatten)]
    spec: SpecFlags,
    #[command(flatten)]
    who: Who,
    /// Rounds at each size; the median counts.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Where to write the figures, as JSON.
    #[arg(long, default_value = "target/bench/scale.json")]
    json: PathBuf,
}

impl Scale {
    /// Runs all sizes, and prints how the cost of a page and the memory grow.
    pub fn run(self) -> Result<()> {
        let ready = self.who.ready(&[Contender::Bare, Contender::Harvestman])?;
        let messy = self.spec.flavour == Flavour::Messy;
        let mut lines: Vec<Line> = Vec::new();
        for pages in &self.pages {
            let site = Served::start(*pages, &self.spec)?;
            let url = Url::parse(&site.url)?;
            let mut outcomes = Vec::new();
            for round in 1..=self.rounds.max(1) {
                for contender in &ready {
                    outcomes.push(one(contender, &url, round, messy, self.who.timeout)?);
                }
            }
            lines.extend(ready.iter().filter_map(|r| Line::of(r.contender, *pages, &outcomes)));
        }
        report::table(&lines)?;
        report::write(&self.json, &lines)?;
        let mut out = std::io::stdout();
        for ready in &ready {
            let mut own = lines.iter().filter(|line| line.contender == ready.contender.name());
            if let (Some(first), Some(last)) = (own.next(), own.next_back()) {
                writeln!(
                    out,
                    "{}: from {} to {} pages a page costs {:.2} times the CPU, and the peak memory is {:.2} times",
                    first.contender,
                    first.pages,
                    last.pages,
                    last.cpu_per_1000 / first.cpu_per_1000,
                    last.rss_mb / first.rss_mb
                )?;
            }
        }
        Ok(())
    }
}
