//! Webhooks: what runs did becomes events (`emit`), and events are sent (`send`), signed (`sign`), until
//! they arrive or a day is over. `body` puts documents in where they are told of.

mod body;
mod send;
mod sign;

use crate::patience::Patience;
use crate::{DispatcherError, Room};
use egress::Egress;
use futures::StreamExt;
use shared::clock::Timestamp;
use shared::pacing;
use shared::ports::store::Store;
use shared::ports::store::control::{Attempt, Next, ToDeliver};
use shared::random::fraction;
use std::time::Duration;

/// Runs looked at, and deliveries taken, at a time.
const BATCH: u32 = 100;
/// Deliveries under way at a time.
const AT_ONCE: usize = 16;
/// A delivery that is not settled after this time is due again: its dispatcher is dead.
const LEASE: Duration = Duration::from_secs(60);
/// How long an event is tried, and how long an endpoint may fail until it is disabled.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// The first pause after a try that failed; the next ones are twice as long each, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(2 * 3600);
/// How often what is old is deleted.
const TIDY_EVERY: Duration = Duration::from_secs(600);
/// How long answers to repeated requests are kept, and events with their deliveries.
const ANSWERS: Duration = Duration::from_secs(24 * 3600);
const EVENTS: Duration = Duration::from_secs(30 * 24 * 3600);

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let every = Duration::from_millis(room.config.webhooks_every_ms);
    let mut tidied = room.deps.clock.now();
    while !room.stop.is_cancelled() {
        let pause = match turn(room).await {
            Ok(more) => {
                patience.reset();
                if more { Duration::ZERO } else { every }
            }
            Err(error) => {
                patience.wait(room, error).await?;
                continue;
            }
        };
        let now = room.deps.clock.now();
        if now.since(tidied) >= TIDY_EVERY {
            tidied = now;
            if let Err(error) = room.deps.store.control().tidy(ANSWERS, EVENTS).await {
                tracing::warn!(%error, "what is old is not deleted yet");
            }
        }
        tokio::select! {
            () = room.stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

/// One look; true: there may be more.
async fn turn(room: &Room) -> Result<bool, DispatcherError> {
    let control = room.deps.store.control();
    let looked_at = control.emit(BATCH).await?;
    let Some(egress) = &room.deps.egress else { return Ok(looked_at == u64::from(BATCH)) };
    let due = control.take_deliveries(AT_ONCE as u32, LEASE).await?;
    let more = due.len() == AT_ONCE || looked_at == u64::from(BATCH);
    let now = room.deps.clock.now();
    let mut tries = futures::stream::iter(due)
        .map(|delivery| attempt(egress, room.deps.store.as_ref(), delivery, now))
        .buffer_unordered(AT_ONCE);
    while let Some(attempt) = tries.next().await {
        shared::crash::point("dispatcher.in_webhook");
        control.settle_delivery(attempt, PATIENCE).await?;
    }
    Ok(more)
}

async fn attempt(egress: &Egress, store: &dyn Store, delivery: ToDeliver, now: Timestamp) -> Attempt {
    let begun = tokio::time::Instant::now();
    let sent = send::send(egress, store, &delivery, now).await;
    let took = begun.elapsed();
    let (status, error) = match sent {
        Ok(status) => (Some(status), None),
        Err(failure) => (failure.status, Some(failure.why)),
    };
    let next = match &error {
        None => Next::Done,
        Some(_) if now.since(delivery.since) >= PATIENCE => Next::GiveUp,
        Some(_) => Next::Again(pause(delivery.tries)),
    };
    tracing::debug!(event = delivery.event, webhook = %delivery.webhook.id, ?status, ?error, "webhook");
    Attempt {
        event: delivery.event,
        webhook: delivery.webhook.id,
        tries: delivery.tries,
        status,
        error,
        took,
        next,
    }
}

/// The pause after so many tries.
fn pause(tries: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1u32.checked_shl(tries).unwrap_or(u32::MAX)).min(LONGEST_PAUSE);
    pacing::jitter(pause, fraction())
}
