//! Hosts that are ready become leases, and leases are offered: committed first, published once.
//! A lost offer lapses by itself, so a failed publish is not repeated.

use crate::metrics::OFFERED;
use crate::patience::Patience;
use crate::{DispatcherError, Room};
use bytes::Bytes;
use shared::clock::Timestamp;
use shared::ports::Lane;
use shared::ports::store::{Offered, Offers};
use shared::{crash, messages, random, trace};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument;

/// The pause before another look where what was due at the last one is left to the timer.
const OVERDUE: Duration = Duration::from_millis(100);

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    while !room.stop.is_cancelled() {
        // Listening begins before the look, so that a bell during the look is not missed.
        let bell = room.bell.notified();
        let asked = room.deps.clock.now();
        let looked = Instant::now();
        let pause = match offer(room).await {
            Ok(offers) => {
                patience.reset();
                room.full.store(offers.full, Ordering::Relaxed);
                until_next(room, &offers, asked)
            }
            Err(error) => {
                patience.wait(room, error).await?;
                Duration::ZERO
            }
        };
        tokio::select! {
            biased;
            () = room.stop.cancelled() => break,
            () = bell => {}
            () = tokio::time::sleep(pause) => {}
        }
        // On a busy day a bell rings for every lease: one look sees what many of them mean.
        let gap = Duration::from_millis(room.config.look_gap_ms);
        room.stop.run_until_cancelled(tokio::time::sleep_until(looked + gap)).await;
    }
    Ok(())
}

pub async fn offer(room: &Room) -> Result<Offers, DispatcherError> {
    let mut made = room.deps.store.offer(room.config.offer(renders(room).await?)).await?;
    let are_new = made.renders && !room.renders.swap(made.renders, Ordering::Relaxed);
    if are_new {
        // None was made for them, as their lanes were not looked at: another look does both.
        made.next_due = Some(room.deps.clock.now().plus(Duration::from_millis(1)));
    }
    if !made.offers.is_empty() {
        crash::point("dispatcher.after_offer");
    }
    OFFERED.add(&[], made.offers.len() as u64);
    // They come in order of urgency, and mostly nobody traces: one batch a lane.
    let alike = |a: &Offered, b: &Offered| (a.urgent, a.renders, &a.trace) == (b.urgent, b.renders, &b.trace);
    for batch in made.offers.chunk_by(alike) {
        let &Offered { urgent, renders, ref trace, .. } = &batch[0];
        let messages: Vec<Bytes> = batch.iter().map(|offered| messages::encode(&offered.offer)).collect();
        tracing::debug!(offers = messages.len(), urgent, "leases offered");
        let span = trace::follow(trace.as_ref(), || tracing::info_span!("offer", leases = messages.len()));
        let lane = if renders { Lane::Render { urgent } } else { Lane::Fetch { urgent } };
        if let Err(error) = room.deps.queue.publish(&lane, messages).instrument(span).await {
            tracing::warn!(%error, "offers lost; they lapse");
            return Err(error.into());
        }
        crash::point("dispatcher.after_publish");
    }
    Ok(made)
}

/// Leases that may be made for workers with a browser: as many as their lanes have room for. Where no such worker is, the first few wait
/// there until one comes, and no further hosts are kept waiting with them.
async fn renders(room: &Room) -> Result<u32, DispatcherError> {
    if !room.renders.load(Ordering::Relaxed) {
        return Ok(0);
    }
    let mut waiting = 0;
    for urgent in [false, true] {
        waiting += room.deps.queue.depth(&Lane::Render { urgent }).await?;
    }
    Ok(room.config.max_renders().saturating_sub(u32::try_from(waiting).unwrap_or(u32::MAX)))
}

/// Until the next host is ready, at most the poll interval, which has jitter. `asked` is when the store
/// was asked.
fn until_next(room: &Room, offers: &Offers, asked: Timestamp) -> Duration {
    let poll = Duration::from_millis(room.config.poll_ms).mul_f64(0.75 + random::fraction() / 2.0);
    match offers.next_due {
        // The timer has to act first; it rings the bell, if it is ours.
        Some(due) if due <= asked => OVERDUE.min(poll),
        Some(due) => due.since(room.deps.clock.now()).max(Duration::from_millis(1)).min(poll),
        None => poll,
    }
}
