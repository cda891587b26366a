//! All contenders in turn, in several rounds, so that a change of the machine's mood meets all.

use crate::check::{judge, reset};
use crate::contender::{Contender, Ready};
use crate::measure::{Cost, measure};
use crate::report::{self, Line};
use crate::site::{Served, SpecFlags};
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};
use testkit::site::{Flavour, Verdict};
use url::Url;

/// Compares all contenders.
#[derive(Args)]
pub struct All {
    /// Pages of the site.
    #[arg(long, default_value_t = 10_000)]
    pages: u32,
    #[command(flatten)]
    spec: SpecFlags,
    #[command(flatten)]
    who: Who,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Where to write the figures, as JSON.
    #[arg(long, default_value = "target/bench/all.json")]
    json: PathBuf,
}

/// Who takes part.
#[derive(Args)]
pub struct Who {
    /// Only these; all by default.
    #[arg(long, value_delimiter = ',')]
    pub contenders: Vec<Contender>,
    /// The binary of this project.
    #[arg(long, default_value = "target/release/harvestman")]
    pub harvestman: PathBuf,
    /// Seconds until a contender is stopped and left out of the round.
    #[arg(long, default_value_t = 3600)]
    pub timeout: u64,
}

impl Who {
    /// Makes contenders ready. Who cannot be had is left out, with a loud word.
    pub fn ready(&self, usual: &[Contender]) -> Result<Vec<Ready>> {
        let wanted = if self.contenders.is_empty() { usual } else { &self.contenders };
        let mut ready = Vec::new();
        for contender in wanted {
            match contender.prepare(&self.harvestman) {
                Ok(one) => ready.push(one),
                Err(error) => {
                    writeln!(std::io::stderr(), "!!! {} IS LEFT OUT: {error:#}", contender.name())?;
                }
            }
        }
        anyhow::ensure!(!ready.is_empty(), "no contender can be started");
        Ok(ready)
    }
}

/// One contender in one round.
pub struct Outcome {
    pub contender: Contender,
    pub round: u32,
    pub cost: Cost,
    pub verdict: Verdict,
}

/// Lets a contender harvest a site, and judges it.
pub fn one(ready: &Ready, site: &Url, round: u32, messy: bool, timeout: u64) -> Result<Outcome> {
    reset(site)?;
    let folder = tempfile::tempdir()?;
    let (command, records) = ready.command(site, folder.path(), messy)?;
    let cost = measure(&command, folder.path(), timeout)?;
    let verdict = judge(site, existing(records.as_deref()), ready.contender.compare())?;
    report::progress(ready.contender, round, &cost, &verdict)?;
    Ok(Outcome { contender: ready.contender, round, cost, verdict })
}

/// A contender that found nothing may have written no file.
fn existing(records: Option<&Path>) -> Option<&Path> {
    records.map(|path| if path.exists() { path } else { Path::new("/dev/null") })
}

impl All {
    /// Runs all rounds and prints the table. Fails where our own harvest is not perfect.
    pub fn run(self) -> Result<()> {
        let messy = self.spec.flavour == Flavour::Messy;
        // The bare loop has no limits, so that it would never leave the messy site's traps.
        let everyone = Contender::value_variants().iter().copied();
        let usual: Vec<Contender> = everyone.filter(|c| !messy || *c != Contender::Bare).collect();
        let ready = self.who.ready(&usual)?;
        let site = Served::start(self.pages, &self.spec)?;
        let url = Url::parse(&site.url)?;
        let mut outcomes = Vec::new();
        for round in 1..=self.rounds.max(1) {
            for contender in &ready {
                match one(contender, &url, round, messy, self.who.timeout) {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error) => {
                        let name = contender.contender.name();
                        writeln!(std::io::stderr(), "!!! {name} FAILED in round {round}: {error:#}")?;
                        anyhow::ensure!(contender.contender != Contender::Harvestman, "{error:#}");
                    }
                }
            }
        }
        let lines: Vec<Line> =
            ready.iter().filter_map(|ready| Line::of(ready.contender, self.pages, &outcomes)).collect();
        report::table(&lines)?;
        report::write(&self.json, &lines)?;
        for outcome in outcomes.iter().filter(|o| o.contender == Contender::Harvestman) {
            anyhow::ensure!(outcome.verdict.is_perfect(), "harvestman:\n{}", outcome.verdict);
        }
        Ok(())
    }
}
