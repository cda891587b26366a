//! A large export beside everything else.

use super::served::Served;
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

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
