//! Dead letters become rows, so that people can look at them, send them on their way again or drop them.

use crate::patience::{Patience, consume};
use crate::{DispatcherError, Room};
use shared::ports::store::control::NewLetter;
use shared::ports::{Delivery, Lane};

/// Letters taken at a time.
const PREFETCH: u16 = 4;

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let Some(mut dead) = consume(room, &Lane::Dead, PREFETCH).await? else { return Ok(()) };
    loop {
        let next = tokio::select! {
            () = room.stop.cancelled() => return Ok(()),
            next = dead.next() => next,
        };
        let done = match next {
            Ok(delivery) => file(room, delivery).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(()) => patience.reset(),
            Err(error) if error.is_end() && room.stop.is_cancelled() => return Ok(()),
            Err(error) => patience.wait(room, error).await?,
        }
    }
}

async fn file(room: &Room, delivery: Delivery) -> Result<(), DispatcherError> {
    let letter = NewLetter::of(&delivery.body);
    room.deps.store.control().file(&letter).await?;
    tracing::warn!(lane = letter.lane, reason = letter.reason, bytes = letter.len, "a dead letter is filed");
    Ok(delivery.ack().await?)
}
