//! `harvestman dead-letters`: what nobody could handle, straight from the store.

use crate::args::{About as AboutFlag, DeadLettersCommand};
use crate::job::BadUse;
use crate::say;
use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};
use service::connect;
use shared::clock::SystemClock;
use shared::ids::RunId;
use shared::ports::Store;
use shared::ports::store::control::{About, Letter, LetterSelection};
use shared::replay::{Replayed, replay};
use std::sync::Arc;

/// Does one of the commands, if it names a store; false: it does not.
///
/// # Errors
/// Bad use, and what the store and the queue say.
pub async fn run(command: &DeadLettersCommand) -> Result<bool> {
    let (DeadLettersCommand::List { store, .. }
    | DeadLettersCommand::Show { store, .. }
    | DeadLettersCommand::Replay { store, .. }
    | DeadLettersCommand::Drop { store, .. }) = command;
    let Some(url) = &store.store else { return Ok(false) };
    match command {
        DeadLettersCommand::List { run, about, replayed, after, paging, .. } => {
            let selection = LetterSelection {
                run: run.map(RunId),
                pages: about.map(|about| about == AboutFlag::Page),
                replayed: *replayed,
                after: after.unwrap_or(0),
                ..LetterSelection::first(u32::try_from(paging.limit).unwrap_or(u32::MAX))
            };
            for letter in open(url).await?.control().letters(selection).await? {
                say::out(format_args!("{}\n", shown(&letter)))?;
            }
        }
        DeadLettersCommand::Show { id, .. } => {
            let letter = open(url).await?.control().letter(*id).await?;
            let mut shown = shown(&letter);
            if let About::Message { body, .. } = &letter.about {
                shown["body"] = String::from_utf8_lossy(body).into();
            }
            say::out(format_args!("{shown:#}\n"))?;
        }
        DeadLettersCommand::Replay { id, queue, .. } => {
            let missing = || BadUse(anyhow!("--queue: with a store, name the queue as the services know it"));
            let queue = queue.as_ref().ok_or_else(missing)?;
            if queue.starts_with("memory:") {
                bail!("a queue in memory is within one process, and this is another one");
            }
            let (store, queue) = (open(url).await?, connect::queue(queue).await?);
            match replay(&*store, &*queue, *id).await? {
                Replayed::Published(lane) => say::out(format_args!("sent to the lane {lane}\n"))?,
                Replayed::Open(run) => say::out(format_args!("open again in run {run}\n"))?,
            }
        }
        DeadLettersCommand::Drop { id, .. } => open(url).await?.control().drop_letter(*id).await?,
    }
    Ok(true)
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
