//! Files that the API writes into the archive, and dies over (F3b).

use super::Client;
use super::exports::{NOTICED, RECORDS, compare, numbers};
use super::play::Asked;
use crate::bulk;
use crate::dice::Dice;
use crate::process::Process;
use crate::world::World;
use serde_json::{Value, json};
use shared::ports::{Archive, ArchiveError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A file whose writer died is there by then: another one begins when nobody has heard of the first for a while.
const PATIENCE: Duration = Duration::from_secs(60);

/// Has a run's records kept as files while the API dies: in the middle of one, and when it is there but nobody knows.
pub async fn play(world: &World, api: &Process, client: &mut Client, dice: &mut Dice, asked: &mut Asked) {
    let run = bulk::in_postgres(&world.servers, RECORDS);
    let middle = format!("api.in_file:{}", 1 + dice.below(18));
    for (format, point) in [("jsonl", &*middle), ("parquet", &*middle), ("csv", "api.after_file")] {
        if let Err(why) = one(world, run, api, client, asked, format, point).await {
            asked.judgement.broken.push(format!("a file as {format}: {why}"));
        }
    }
}

async fn one(
    world: &World,
    run: i64,
    api: &Process,
    client: &mut Client,
    asked: &mut Asked,
    format: &str,
    point: &str,
) -> Result<(), String> {
    let mut crashed = api.crash_at(point);
    let key = shared::random::uuid().simple().to_string();
    let path = format!("/v1/runs/{run}/exports");
    let told = client.post(&path, &key, Some(&json!({ "format": format }))).await?;
    let place = format!("{path}/{}", told["id"]);
    if timeout(NOTICED, crashed.changed()).await.is_err() {
        return Err(format!("the API did not come by {point}"));
    }
    asked.struck += 1;
    let ready = until_ready(client, &place).await?;
    if ready["rows"].as_u64() != Some(RECORDS) {
        asked.judgement.unexpected += 1;
        return Err(format!("it is ready with {} records", ready["rows"]));
    }
    let mut answer = client.open(&format!("{place}/content")).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| error.to_string())? {
        bytes.extend_from_slice(&piece);
    }
    let (object, len) = (ready["object"].as_str().unwrap_or_default(), bytes.len() as u64);
    // What is in the archive is what was sent, to its end.
    let kept = world.archive.read(object, 0, len).await.map_err(|error| error.to_string())?;
    let beyond = world.archive.read(object, 0, len + 1).await;
    if kept != bytes || !matches!(beyond, Err(ArchiveError::Short { .. })) {
        asked.judgement.unexpected += 1;
        return Err(format!("{object} is another one in the archive"));
    }
    compare(&numbers(format, bytes.into())?, &mut asked.judgement);
    let all = format!("SELECT count(*) FROM exports WHERE run_id = {run} AND export_id >= {}", told["id"]);
    let all = tokio::task::block_in_place(|| world.servers.sql(&all));
    if all != "1" {
        asked.judgement.duplicated += 1;
        return Err(format!("{all} files were asked for"));
    }
    Ok(())
}

async fn until_ready(client: &mut Client, place: &str) -> Result<Value, String> {
    let until = Instant::now() + PATIENCE;
    loop {
        let file = client.get(place).await?;
        match file["state"].as_str() {
            Some("ready") => return Ok(file),
            Some("failed") => return Err(format!("it failed: {}", file["reason"])),
            _ if Instant::now() > until => return Err(format!("it is not ready in time: {file}")),
            _ => sleep(Duration::from_millis(200)).await,
        }
    }
}
