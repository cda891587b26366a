//! `harvestman runs`.

use super::Asker;
use super::table::{number, text};
use crate::args::{Change, RunsCommand};
use crate::{say, summary};
use serde_json::Value;
use shared::ports::store::{RunState, Tally, TallyKind};
use std::process::ExitCode;

pub async fn run(asker: &Asker, command: &RunsCommand) -> anyhow::Result<ExitCode> {
    match command {
        RunsCommand::Start { job, watch } => {
            let document = super::jobs::document(job)?;
            let run = asker.api.post(&["runs"], &[], Some(&document)).await?;
            return begun(asker, &run, *watch).await;
        }
        RunsCommand::List { job_id, unfinished, paging } => {
            let query = [
                ("job_id", job_id.map(|id| id.to_string())),
                ("unfinished", unfinished.then(|| "true".to_owned())),
            ];
            let columns = [
                number("ID", "/id"),
                number("JOB", "/job_id"),
                text("NAME", "/name"),
                text("STATE", "/state"),
                number("PAGES", "/counts/pages"),
                number("FAILED", "/counts/failed"),
                number("RECORDS", "/counts/records"),
                text("BEGAN", "/created_at"),
                text("ENDED", "/ended_at"),
            ];
            asker.list(&["runs"], &query, paging, &columns).await?;
        }
        RunsCommand::Show { id, watch: true } => return asker.watch(*id).await,
        RunsCommand::Show { id, watch: false } => {
            let run = asker.api.get(&["runs", &id.to_string()], &[]).await?;
            show(asker, &run)?;
        }
        RunsCommand::Pause { id } => self::command(asker, *id, "pause").await?,
        RunsCommand::Resume { id } => self::command(asker, *id, "resume").await?,
        RunsCommand::Cancel { id } => self::command(asker, *id, "cancel").await?,
        RunsCommand::Compare { id, base, list, paging } => {
            let id = id.to_string();
            let base = ("base", base.map(|run| run.to_string()));
            let Some(change) = list else {
                asker.show(&asker.api.get(&["runs", &id, "comparison"], &[base]).await?, &[])?;
                return Ok(ExitCode::SUCCESS);
            };
            let change = match change {
                Change::New => "new",
                Change::Changed => "changed",
                Change::Same => "same",
                Change::Gone => "gone",
            };
            let query = [base, ("change", Some(change.to_owned()))];
            let columns = [number("SEQ", "/seq"), text("URL", "/url")];
            asker.list(&["runs", &id, "changes"], &query, paging, &columns).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says that a run has begun, and follows it if that is wanted.
pub async fn begun(asker: &Asker, run: &Value, watch: bool) -> anyhow::Result<ExitCode> {
    let id = run["id"].as_i64().ok_or_else(|| anyhow::anyhow!("the answer names no run"))?;
    if watch {
        if !asker.json {
            say::err(format_args!("run {id} has begun"));
        }
        return asker.watch(id).await;
    }
    asker.tell(run, &format!("run {id} has begun; `harvestman runs show {id} --watch` follows it"))?;
    Ok(ExitCode::SUCCESS)
}

/// Shows what became of a run that is over: that nothing came of it is a failure, as it is of `crawl`.
pub async fn ended(asker: &Asker, id: i64) -> anyhow::Result<ExitCode> {
    let run = asker.api.get(&["runs", &id.to_string()], &[]).await?;
    if !asker.json {
        show(asker, &run)?;
    }
    if run["state"] == "cancelled" {
        return Ok(ExitCode::FAILURE);
    }
    if run["counts"]["pages"] == 0 {
        say::err(summary::no_page(&tallies(&run["tallies"])));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn command(asker: &Asker, id: i64, command: &str) -> anyhow::Result<()> {
    let run = asker.api.post(&["runs", &id.to_string(), command], &[], None).await?;
    asker.tell(&run, &format!("run {id}: {}", run["state"].as_str().unwrap_or_default()))
}

fn show(asker: &Asker, run: &Value) -> anyhow::Result<()> {
    if asker.json {
        return asker.show(run, &[]);
    }
    let counts = serde_json::from_value(run["counts"].clone())?;
    let state: RunState = serde_json::from_value(run["state"].clone())?;
    let time =
        |name: &str| run[name].as_str().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
    let took = time("created_at").zip(time("ended_at")).and_then(|(from, to)| (to - from).to_std().ok());
    let head = summary::Head { run: run["id"].to_string(), state, took };
    Ok(say::out(summary::table(&head, &counts, &tallies(&run["tallies"])))?)
}

/// What was counted by name.
fn tallies(by_kind: &Value) -> Vec<Tally> {
    let kinds =
        [TallyKind::Status, TallyKind::Failed, TallyKind::Cut, TallyKind::Refused, TallyKind::Rejected];
    let mut all = Vec::new();
    for kind in kinds {
        let name = serde_json::to_value(kind).unwrap_or_default();
        let counts = name.as_str().and_then(|name| by_kind[name].as_object());
        for (key, count) in counts.into_iter().flatten() {
            all.push(Tally { kind, key: key.clone(), count: count.as_u64().unwrap_or(0) });
        }
    }
    all
}
