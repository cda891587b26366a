//! The timer: what was left behind by the dead is put back, what is due becomes ready, what a
//! limit leaves over is closed.

use crate::metrics::{ANNOUNCED, CUT, EXPIRED, LAPSED, RETRIES};
use crate::patience::Patience;
use crate::{DispatcherError, Room};
use shared::crash;
use shared::messages::{self, SegmentStored, SegmentWaits};
use shared::ports::Lane;
use std::time::Duration;

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let every = Duration::from_millis(room.config.sweep_every_ms);
    while !room.stop.is_cancelled() {
        let pause = match sweep(room).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => every,
            Err(error) => {
                patience.wait(room, error).await?;
                continue;
            }
        };
        patience.reset();
        tokio::select! {
            biased;
            () = room.stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

/// One turn; true: there is more to do at once.
pub async fn sweep(room: &Room) -> Result<bool, DispatcherError> {
    let swept = room.deps.store.sweep(room.config.sweep()).await?;
    crash::point("dispatcher.in_sweep");
    let changed = swept.lapsed + swept.expired + swept.due + swept.cut;
    for (metric, count) in
        [(LAPSED, swept.lapsed), (EXPIRED, swept.expired), (RETRIES, swept.due), (CUT, swept.cut)]
    {
        metric.add(&[], count);
    }
    ANNOUNCED.add(&[], swept.announce.len() as u64);
    if changed > 0 || !swept.announce.is_empty() {
        tracing::debug!(
            lapsed = swept.lapsed,
            expired = swept.expired,
            due = swept.due,
            cut = swept.cut,
            announced = swept.announce.len(),
            "swept"
        );
        room.bell.notify_waiters();
    }
    announce(room, &swept.announce).await?;
    Ok(swept.more)
}

/// Pointers to segments that nobody has applied yet.
async fn announce(room: &Room, segments: &[SegmentStored]) -> Result<(), DispatcherError> {
    if segments.is_empty() {
        return Ok(());
    }
    let messages = segments.iter().cloned().map(|segment| messages::encode(&SegmentWaits(segment))).collect();
    room.deps.queue.publish(&Lane::Parse { urgent: false }, messages).await?;
    Ok(())
}
