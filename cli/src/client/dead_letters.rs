//! `harvestman dead-letters` of a server; those of a store are in [`crate::dead_letters`].

use super::Asker;
use super::table::{number, text};
use crate::args::{About, Connection, DeadLettersCommand};
use std::process::ExitCode;

pub async fn run(to: &Connection, command: &DeadLettersCommand) -> anyhow::Result<ExitCode> {
    if crate::dead_letters::run(command).await? {
        return Ok(ExitCode::SUCCESS);
    }
    let asker = Asker::of(to)?;
    match command {
        DeadLettersCommand::List { run, about, replayed, paging, .. } => {
            let about = about.map(|about| match about {
                About::Page => "page",
                About::Message => "message",
            });
            let query = [
                ("run", run.map(|run| run.to_string())),
                ("about", about.map(str::to_owned)),
                ("replayed", replayed.map(|replayed| replayed.to_string())),
            ];
            let columns = [
                number("ID", "/id"),
                text("FILED", "/filed_at"),
                number("RUN", "/run"),
                text("ABOUT", "/about"),
                text("REASON", "/reason"),
                text("LANE", "/lane"),
                text("URL", "/url"),
                text("REPLAYED", "/replayed_at"),
            ];
            asker.list(&["dead-letters"], &query, paging, &columns).await?;
        }
        DeadLettersCommand::Show { id, .. } => {
            asker
                .show(&asker.api.get(&["dead-letters", &id.to_string()], &[]).await?, &["text", "base64"])?;
        }
        DeadLettersCommand::Replay { id, .. } => {
            let sent = asker.api.post(&["dead-letters", &id.to_string(), "replay"], &[], None).await?;
            let sentence = match (sent["lane"].as_str(), &sent["run"]) {
                (Some(lane), _) => format!("sent to the lane {lane}"),
                (None, run) => format!("open again in run {run}"),
            };
            asker.tell(&sent, &sentence)?;
        }
        DeadLettersCommand::Drop { id, .. } => {
            let gone = asker.api.delete(&["dead-letters", &id.to_string()]).await?;
            asker.tell(&gone, &format!("dead letter {id} is gone"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
