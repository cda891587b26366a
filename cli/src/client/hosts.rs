//! `harvestman hosts`.

use super::Asker;
use super::table::{number, text};
use crate::args::HostsCommand;
use std::process::ExitCode;

pub async fn run(asker: &Asker, command: &HostsCommand) -> anyhow::Result<ExitCode> {
    match command {
        HostsCommand::List { run, paging } => {
            let columns = [
                text("ID", "/id"),
                text("ORIGIN", "/origin"),
                number("DELAY MS", "/delay_ms"),
                number("FAILURES", "/failures"),
                text("DOWN SINCE", "/down_since"),
                number("QUEUED", "/queued"),
                number("ADMITTED", "/admitted"),
                number("RUNS", "/runs"),
                number("HELD", "/held"),
                text("ROBOTS", "/robots/access"),
            ];
            let query = [("run", run.map(|run| run.to_string()))];
            asker.list(&["hosts"], &query, paging, &columns).await?;
        }
        HostsCommand::Show { id } => {
            let mut host = asker.api.get(&["hosts", id], &[]).await?;
            if !asker.json
                && let Some(robots) = host["robots"].as_object_mut()
            {
                host["robots.txt"] = robots.shift_remove("text").unwrap_or_default();
            }
            asker.show(&host, &["robots.txt"])?;
        }
        HostsCommand::Hold { id, run } => set(asker, id, *run, "hold", "held").await?,
        HostsCommand::Release { id, run } => set(asker, id, *run, "release", "released").await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(asker: &Asker, id: &str, run: Option<i64>, command: &str, becomes: &str) -> anyhow::Result<()> {
    let query = [("run", run.map(|run| run.to_string()))];
    let answer = asker.api.post(&["hosts", id, command], &query, None).await?;
    asker.tell(&answer, &format!("host {id} is {becomes} for {} run(s)", answer["runs"]))
}
