//! Parts of re-parses are announced to the parsers, a few at a time, until each is applied.

use crate::patience::Patience;
use crate::{DispatcherError, Room};
use shared::messages;
use shared::ports::Lane;
use std::time::Duration;

/// Parts that are announced and not applied at any time.
const ANNOUNCED: u32 = 32;

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let every = Duration::from_millis(room.config.sweep_every_ms);
    while !room.stop.is_cancelled() {
        match announce(room).await {
            Ok(()) => patience.reset(),
            Err(error) => {
                patience.wait(room, error).await?;
                continue;
            }
        }
        tokio::select! {
            () = room.stop.cancelled() => break,
            () = tokio::time::sleep(every) => {}
        }
    }
    Ok(())
}

async fn announce(room: &Room) -> Result<(), DispatcherError> {
    let announce_after = Duration::from_millis(room.config.announce_after_ms);
    let parts = room.deps.store.control().open_parts(announce_after, ANNOUNCED).await?;
    if parts.is_empty() {
        return Ok(());
    }
    tracing::debug!(parts = parts.len(), "parts of a re-parse announced");
    let parts = parts.iter().map(messages::encode).collect();
    room.deps.queue.publish(&Lane::Parse { urgent: false }, parts).await?;
    Ok(())
}
