//! Exports that break off, and lists that are gone on with (F3).

use super::Client;
use super::play::Asked;
use crate::bulk;
use crate::dice::Dice;
use crate::judge::Judgement;
use crate::process::Process;
use crate::world::World;
use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// Records of the run: so many batches of an export, a thousand each.
pub(super) const RECORDS: u64 = 20_000;
/// A dead process is seen by then.
pub(super) const NOTICED: Duration = Duration::from_secs(5);
/// Records in a page of the list.
const PAGE: u64 = 500;

/// Has a run exported in each format while the API dies, and lists it by cursor while the API is killed.
pub async fn play(world: &World, api: &Process, client: &mut Client, dice: &mut Dice, asked: &mut Asked) {
    let run = bulk::in_postgres(&world.servers, RECORDS);
    for format in ["jsonl", "csv", "parquet"] {
        let path = format!("/v1/runs/{run}/export?format={format}");
        // Not the first batch, so that the client has something in its hands, and not the last.
        let mut crashed = api.crash_at(&format!("api.in_export:{}", 2 + dice.below(16)));
        let exported = async {
            let (bytes, ended_well) = body(client, &path).await?;
            // The client may know sooner than whoever waits for the process.
            if timeout(NOTICED, crashed.changed()).await.is_err() {
                return Err("the API did not come by api.in_export".to_owned());
            }
            asked.struck += 1;
            if ended_well || numbers(format, bytes).is_ok_and(|all| all.len() as u64 == RECORDS) {
                asked.judgement.unexpected += 1;
                return Err("it broke off, and does not look so".to_owned());
            }
            client.repeated += 1;
            let (bytes, ended_well) = body(client, &path).await?;
            if !ended_well {
                return Err("it broke off again, with nobody dead".to_owned());
            }
            compare(&numbers(format, bytes)?, &mut asked.judgement);
            Ok(())
        };
        let exported: Result<(), String> = exported.await;
        if let Err(why) = exported {
            asked.judgement.broken.push(format!("export as {format}: {why}"));
        }
    }
    match list(run, api, client, dice).await {
        Ok(numbers) => {
            asked.struck += 1;
            compare(&numbers, &mut asked.judgement);
        }
        Err(why) => asked.judgement.broken.push(format!("a list: {why}")),
    }
}

/// What comes of an answer, and whether it ended as it should.
async fn body(client: &mut Client, path: &str) -> Result<(Bytes, bool), String> {
    let mut answer = client.open(path).await?;
    let mut all = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) => all.extend_from_slice(&piece),
            Ok(None) => return Ok((all.into(), true)),
            Err(_) => return Ok((all.into(), false)),
        }
    }
}

/// Reads the list of records to its end. The API is killed on the way.
async fn list(run: i64, api: &Process, client: &mut Client, dice: &mut Dice) -> Result<Vec<i64>, String> {
    let mut path = format!("/v1/runs/{run}/records?limit={PAGE}");
    let mut all = Vec::new();
    let last = 2 + dice.below(RECORDS / PAGE - 4);
    for nth in 0.. {
        if nth == last {
            api.kill().await;
        }
        let page = client.get(&path).await?;
        let rows = page["data"].as_array().ok_or("a page without rows")?;
        all.extend(rows.iter().filter_map(|row| row["fields"]["n"].as_i64()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/runs/{run}/records?limit={PAGE}&cursor={cursor}"),
            None => break,
        }
    }
    Ok(all)
}

/// Each record is there once.
pub(super) fn compare(numbers: &[i64], judgement: &mut Judgement) {
    let mut times = vec![0_u32; RECORDS as usize];
    for number in numbers {
        match usize::try_from(number - 1).ok().and_then(|place| times.get_mut(place)) {
            Some(times) => *times += 1,
            None => judgement.unexpected += 1,
        }
    }
    judgement.lost += times.iter().filter(|times| **times == 0).count();
    judgement.duplicated += times.iter().filter(|times| **times > 1).count();
}

/// The numbers of the records in a file.
pub(super) fn numbers(format: &str, bytes: Bytes) -> Result<Vec<i64>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("not {format}: {why}");
    match format {
        "parquet" => {
            let file = SerializedFileReader::new(bytes).map_err(|why| wrong(&why))?;
            let rows = file.get_row_iter(None).map_err(|why| wrong(&why))?;
            let number = |row: parquet::errors::Result<parquet::record::Row>| row?.get_long(0);
            rows.map(|row| number(row).map_err(|why| wrong(&why))).collect()
        }
        "csv" => {
            let text = String::from_utf8_lossy(&bytes);
            let cell = |line: &str| line.split(',').next().unwrap_or_default().parse::<i64>();
            text.lines().skip(1).map(|line| cell(line).map_err(|why| wrong(&why))).collect()
        }
        _ => {
            let text = String::from_utf8_lossy(&bytes);
            let line = |line: &str| serde_json::from_str::<Value>(line).ok()?["n"].as_i64();
            text.lines().map(|text| line(text).ok_or_else(|| wrong(&"a line without a number"))).collect()
        }
    }
}
