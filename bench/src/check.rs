//! Judging a harvest of a site that runs in another process.

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use testkit::site::{Compare, Hit, Site, SiteSpec, Verdict, check};
use url::Url;

/// Judges a harvest.
#[derive(Args)]
pub struct Check {
    /// Where the site is served.
    #[arg(long)]
    site: Url,
    /// The records, as JSON Lines. Without them only the requests are judged.
    #[arg(long)]
    records: Option<PathBuf>,
    /// Fields may also be the texts that stand on the page.
    #[arg(long)]
    texts: bool,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Judges, prints, and fails if anything is wrong.
    pub fn run(self) -> Result<()> {
        let compare = if self.texts { Compare::Texts } else { Compare::Typed };
        let verdict = judge(&self.site, self.records.as_deref(), compare)?;
        let mut out = std::io::stdout();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&verdict)?)?;
        } else {
            writeln!(out, "{verdict}")?;
        }
        anyhow::ensure!(verdict.is_perfect(), "the harvest is not perfect");
        Ok(())
    }
}

#[derive(Deserialize)]
struct Made {
    spec: SiteSpec,
}

/// Judges a harvest by the site's own log.
pub fn judge(site: &Url, records: Option<&Path>, compare: Compare) -> Result<Verdict> {
    let made: Made = serde_json::from_slice(&get(site, "/__spec")?)?;
    let hits: Vec<Hit> = serde_json::from_slice(&get(site, "/__log")?)?;
    let known = Site::new(made.spec);
    let origin = site.origin().ascii_serialization();
    let open = |path: &Path| File::open(path).with_context(|| path.display().to_string());
    let records = records.map(open).transpose()?.map(BufReader::new);
    Ok(check(&known.truth(&origin), records, &hits, compare)?)
}

/// Forgets what was asked of the site before.
pub fn reset(site: &Url) -> Result<()> {
    get(site, "/__reset").map(drop)
}

#[tokio::main(flavor = "current_thread")]
async fn get(site: &Url, path: &str) -> Result<Vec<u8>> {
    let answer = reqwest::get(site.join(path)?).await?.error_for_status()?;
    Ok(answer.bytes().await?.to_vec())
}
