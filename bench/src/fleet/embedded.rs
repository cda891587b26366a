//! The same harvest in one process.

use super::harvest::job;
use crate::measure::measure;
use anyhow::Result;
use std::path::Path;
use url::Url;

/// Seconds until it is given up.
const TIMEOUT: u64 = 3_000;

/// Seconds of processor time per 1,000 pages of `harvestman crawl`, all durable.
pub fn cpu_per_1000(harvestman: &Path, urls: &[Url]) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("job.json");
    std::fs::write(&path, serde_json::to_vec(&job(urls, 0))?)?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let records = folder.path().join("records.jsonl");
    let command = [
        text(harvestman),
        "crawl".into(),
        "--job".into(),
        text(&path),
        "--data".into(),
        text(&folder.path().join("data")),
        "--out".into(),
        text(&records),
        "--quiet".into(),
    ];
    let cost = measure(&command, folder.path(), TIMEOUT)?;
    let pages = std::fs::read_to_string(&records)?.lines().count();
    anyhow::ensure!(pages > 0, "no record");
    Ok(cost.cpu / pages as f64 * 1_000.0)
}
