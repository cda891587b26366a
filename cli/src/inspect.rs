//! How Harvestman understands a URL, a robots.txt or a page. Asks no server; answers in JSON.

use crate::args::{Inspect, JobFlags};
use crate::{job, say};
use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::frontier::{canonical, origin};
use shared::job::{Job, Scope};
use shared::robots::{RobotsAnswer, Rules, sitemaps};
use std::io::Read;
use std::path::Path;
use url::Url;

/// The largest input that is read.
const MOST: u64 = 64 << 20;

/// Runs the command.
///
/// # Errors
/// If the input cannot be read, or is no URL or no job.
pub fn run(what: &Inspect) -> anyhow::Result<()> {
    let answer = match what {
        Inspect::Url { url, base } => of_url(url, base.as_deref())?,
        Inspect::Robots { file, agent, urls } => of_robots(&read(file)?, agent, urls)?,
        Inspect::Page { file, url, content_type, job } => of_page(&read(file)?, url, content_type, job)?,
    };
    Ok(say::out(format_args!("{answer:#}\n"))?)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(MOST).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

fn of_url(text: &str, base: Option<&str>) -> anyhow::Result<Value> {
    let url = match base {
        Some(base) => {
            let base = Url::parse(base).with_context(|| format!("--base `{base}`"))?;
            canonical::join(&base, text).ok_or_else(|| anyhow!("`{text}` leads to no http or https URL"))?
        }
        None => canonical::seed(text).map_err(|why| anyhow!(why))?,
    };
    let canonical = canonical::Canonical::of(&Scope::default()).url(url.clone());
    Ok(json!({
        "url": url.as_str(),
        "canonical": canonical.as_str(),
        "origin": origin::origin(&canonical),
    }))
}

fn of_robots(file: &[u8], agent: &str, urls: &[String]) -> anyhow::Result<Value> {
    let text = String::from_utf8_lossy(file);
    let answer = RobotsAnswer {
        access: shared::robots::Access::Rules,
        text: text.clone().into_owned(),
        fetched_at: Timestamp(0),
        valid_ms: 0,
    };
    let rules = Rules::of(&answer, agent);
    let mut allowed = serde_json::Map::new();
    let mut base = None;
    for text in urls {
        let url = Url::parse(text).with_context(|| format!("`{text}`"))?;
        allowed.insert(text.clone(), rules.allowed(&url).into());
        base.get_or_insert(url);
    }
    let sitemaps: Vec<String> =
        base.iter().flat_map(|base| sitemaps(&text, base)).map(String::from).collect();
    Ok(json!({
        "agent": agent,
        "allowed": allowed,
        "crawl_delay_seconds": rules.crawl_delay().map(|delay| delay.as_secs_f64()),
        "sitemaps": sitemaps,
    }))
}

fn of_page(body: &[u8], url: &str, content_type: &str, flags: &JobFlags) -> anyhow::Result<Value> {
    let url = canonical::seed(url).map_err(|why| anyhow!("--url: {why}"))?;
    let job = job_for_page(&url, flags)?;
    Ok(parser::preview(&job, &url, content_type, body))
}

/// The job of the flags; its only seed is the page itself if none is named.
fn job_for_page(url: &Url, flags: &JobFlags) -> anyhow::Result<Job> {
    let mut flags = flags.clone();
    if flags.seeds.is_empty() {
        flags.seeds.push(url.to_string());
    }
    Ok(job::from_flags(&flags)?)
}
