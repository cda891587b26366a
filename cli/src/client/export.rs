//! `harvestman export`.

use super::{Asker, download};
use crate::args::Export;
use crate::job::BadUse;
use crate::say;
use anyhow::{anyhow, bail};
use serde_json::{Value, json};
use shared::job::{Format, Output};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::sleep;

/// Between two looks at a file that is being written: at first, and at most.
const LOOKS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

pub async fn run(asker: &Asker, args: &Export) -> anyhow::Result<ExitCode> {
    let format = format(args)?;
    let stop = service::signals::stop_on_signal();
    let work = async {
        if args.to_store { keep(asker, args, format).await } else { fetch(asker, args, format).await }
    };
    tokio::select! {
        () = stop.cancelled() => Ok(ExitCode::from(130)),
        done = work => done.map(|()| ExitCode::SUCCESS),
    }
}

fn format(args: &Export) -> anyhow::Result<&'static str> {
    let guessed = args.out.as_ref().and_then(|out| Output { path: out.clone(), format: None }.format());
    match args.format.or(guessed).or(args.out.is_none().then_some(Format::Jsonl)) {
        Some(Format::Jsonl) => Ok("jsonl"),
        Some(Format::Csv) => Ok("csv"),
        Some(Format::Parquet) => Ok("parquet"),
        None => {
            Err(BadUse(anyhow!("--out: end the name in .jsonl, .csv or .parquet, or use --format")).into())
        }
    }
}

/// Has the records sent as a file.
async fn fetch(asker: &Asker, args: &Export, format: &str) -> anyhow::Result<()> {
    let out = args.out.as_deref().unwrap_or(Path::new("-"));
    if format == "parquet" {
        download::spare_the_terminal(out)?;
    }
    let version = args.version.map(|version| version.to_string());
    let query =
        [("format", Some(format.to_owned())), ("version", version), ("url_prefix", args.url_prefix.clone())];
    let answer = asker.api.open(&["runs", &args.run.to_string(), "export"], &query, &[]).await?;
    download::told(download::into(answer, out).await?, out);
    Ok(())
}

/// Has the records kept as a file in the server's archive, and waits until it is there.
async fn keep(asker: &Asker, args: &Export, format: &str) -> anyhow::Result<()> {
    let run = args.run.to_string();
    let body = json!({ "format": format, "version": args.version, "url_prefix": args.url_prefix });
    let asked = asker.api.post(&["runs", &run, "exports"], &[], Some(&body)).await?;
    let id = asked["id"].to_string();
    let ready = wait(asker, &run, &id).await?;
    if let Some(out) = &args.out {
        let answer = asker.api.open(&["runs", &run, "exports", &id, "content"], &[], &[]).await?;
        download::told(download::into(answer, out).await?, out);
        return Ok(());
    }
    let object = super::shown::shown(ready["object"].as_str().unwrap_or_default());
    asker.tell(&ready, &format!("{object}: {} records, {} bytes", ready["rows"], ready["bytes"]))
}

async fn wait(asker: &Asker, run: &str, id: &str) -> anyhow::Result<Value> {
    let [mut pause, most] = LOOKS;
    loop {
        let export = asker.api.get(&["runs", run, "exports", id], &[]).await?;
        match export["state"].as_str() {
            Some("ready") => return Ok(export),
            Some("failed") => {
                let why = super::shown::shown(export["reason"].as_str().unwrap_or("it could not be written"));
                bail!("export {id} of run {run}: {why}");
            }
            _ => {}
        }
        if pause == most && !asker.json {
            say::err(format_args!("{} records so far", export["rows"]));
        }
        sleep(pause).await;
        pause = (pause * 2).min(most);
    }
}
