//! `harvestman dead-letters`: what nobody could handle, straight from the store.

use crate::args::DeadLettersCommand;
use crate::say;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use service::connect;
use shared::clock::SystemClock;
use shared::ports::Store;
use shared::ports::store::control::{About, Letter, LetterSelection};
use shared::replay::{Replayed, replay};
use std::sync::Arc;

/// Does one of the commands.
pub async fn run(command: &DeadLettersCommand) -> Result<()> {
    match command {
        DeadLettersCommand::List { after, limit, store } => {
            let selection = LetterSelection { after: *after, ..LetterSelection::first(*limit) };
            for letter in open(&store.store).await?.control().letters(selection).await? {
                say::out(format_args!("{}\n", shown(&letter)))?;
            }
        }
        DeadLettersCommand::Show { id, store } => {
            let letter = open(&store.store).await?.control().letter(*id).await?;
            let mut shown = shown(&letter);
            if let About::Message { body, .. } = &letter.about {
                shown["body"] = String::from_utf8_lossy(body).into();
            }
            say::out(format_args!("{shown:#}\n"))?;
        }
        DeadLettersCommand::Replay { id, store, queue } => {
            if queue.starts_with("memory:") {
                bail!("a queue in memory is within one process, and this is another one");
            }
            let (store, queue) = (open(&store.store).await?, connect::queue(queue).await?);
            match replay(&*store, &*queue, *id).await? {
                Replayed::Published(lane) => say::out(format_args!("sent to the lane {lane}\n"))?,
                Replayed::Open(run) => say::out(format_args!("open again in run {run}\n"))?,
            }
        }
        DeadLettersCommand::Drop { id, store } => {
            open(&store.store).await?.control().drop_letter(*id).await?
        }
    }
    Ok(())
}

async fn open(url: &str) -> Result<Arc<dyn Store>> {
    Ok(connect::store(url, Arc::new(SystemClock)).await?)
}

fn shown(letter: &Letter) -> Value {
    let mut shown = json!({
        "id": letter.id,
        "filed_at": letter.filed_at.to_rfc3339(),
        "run": letter.run.map(|run| run.to_string()),
        "reason": letter.reason,
        "replayed_at": letter.replayed_at.map(|at| at.to_rfc3339()),
    });
    match &letter.about {
        About::Message { lane, len, .. } => {
            shown["lane"] = lane.as_str().into();
            shown["bytes"] = (*len).into();
        }
        About::Page { url, .. } => shown["url"] = url.as_str().into(),
    }
    shown
}
