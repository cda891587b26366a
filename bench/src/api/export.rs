//! A large export beside everything else.

use super::served::Served;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How often is asked whether it is ready.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What came, and how long it took.
pub struct Exported {
    /// Bytes.
    pub bytes: u64,
    /// From the request to the last byte.
    pub took: Duration,
}

/// Fetches the large run as a file, and keeps nothing of it.
///
/// # Errors
/// If it breaks off.
pub async fn fetch(served: &Served, format: &str) -> Result<Exported> {
    let begun = Instant::now();
    let url = format!("{}/v1/runs/{}/export?format={format}", served.base, served.large);
    let mut answer = served.get(&url).await?;
    let mut bytes = 0;
    while let Some(piece) = answer.chunk().await.context("the export broke off")? {
        bytes += piece.len() as u64;
    }
    Ok(Exported { bytes, took: begun.elapsed() })
}

/// Has the large run written into the archive, and waits until it is there.
///
/// # Errors
/// If it fails.
pub async fn keep(served: &Served, format: &str) -> Result<Exported> {
    let begun = Instant::now();
    let place = format!("/v1/runs/{}/exports", served.large);
    let made = served.post(&place, Some(json!({ "format": format }).to_string())).await?;
    loop {
        let answer = served.get(&format!("{}{place}/{}", served.base, made["id"])).await?;
        let now: Value = serde_json::from_slice(&answer.bytes().await?)?;
        match now["state"].as_str() {
            Some("ready") => {
                let bytes = now["bytes"].as_u64().unwrap_or(0);
                return Ok(Exported { bytes, took: begun.elapsed() });
            }
            Some("failed") => bail!("the export failed: {now}"),
            _ => sleep(LOOK_EVERY).await,
        }
    }
}
