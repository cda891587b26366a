//! What is read: runs as they stand, and records somewhere in a run.

use super::served::Served;
use anyhow::{Context, Result};
use reqwest::{Client, Response};
use serde_json::Value;

/// Places in the list of records that are read from.
const PLACES: usize = 40;
/// Records in an answer.
const ROWS: u32 = 20;

/// See the module.
pub struct Reads {
    client: Client,
    urls: Vec<String>,
}

impl Reads {
    /// One read in two is of a run, in turn of the one under way and of the large one that is over; the other is of
    /// records of the large one, in turn at several places.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn of(served: &Served, under_way: i64) -> Result<Self> {
        let (base, large) = (&served.base, served.large);
        let first = format!("{base}/v1/runs/{large}/records?limit={ROWS}");
        let mut places = vec![first.clone()];
        while places.len() < PLACES {
            let last = places.last().unwrap_or(&first);
            let page: Value = serde_json::from_slice(&served.get(last).await?.bytes().await?)?;
            let cursor = page["next_cursor"].as_str().context("the list of records is too short")?;
            places.push(format!("{first}&cursor={cursor}"));
        }
        let runs = [under_way, large].map(|run| format!("{base}/v1/runs/{run}"));
        let urls = (0..PLACES).flat_map(|n| [runs[n % 2].clone(), places[n].clone()]).collect();
        Ok(Reads { client: served.client.clone(), urls })
    }

    /// Does the so manieth read; whether it was answered well.
    pub async fn ask(&self, number: u64) -> bool {
        let url = &self.urls[number as usize % self.urls.len()];
        let answer = self.client.get(url).send().await.and_then(Response::error_for_status);
        match answer {
            Ok(answer) => answer.bytes().await.is_ok_and(|body| body.len() > 2),
            Err(_) => false,
        }
    }
}
