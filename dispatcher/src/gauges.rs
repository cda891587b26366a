//! Looks at what is open, for those who watch. Every dispatcher says the same.

use crate::metrics::{BACKLOG, DEPTH, OLDEST, RUNS};
use crate::{DispatcherError, Room};
use shared::ports::Lane;
use shared::ports::store::{RunSelection, RunState};
use std::time::Duration;

/// The most runs that are looked at.
const MOST_RUNS: u32 = 1_000;

/// The lanes that are looked at.
const LANES: [(Lane, &str); 9] = [
    (Lane::Fetch { urgent: false }, "fetch"),
    (Lane::Fetch { urgent: true }, "fetch.urgent"),
    (Lane::Render { urgent: false }, "render"),
    (Lane::Render { urgent: true }, "render.urgent"),
    (Lane::Claim, "claim"),
    (Lane::Paced, "paced"),
    (Lane::Parse { urgent: false }, "parse"),
    (Lane::Parse { urgent: true }, "parse.urgent"),
    (Lane::Dead, "dead"),
];

/// Looks again and again, unless `gauge_every_ms` is 0.
pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let every = Duration::from_millis(room.config.gauge_every_ms);
    if every.is_zero() {
        return Ok(());
    }
    let mut turns = tokio::time::interval(every);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while room.stop.run_until_cancelled(turns.tick()).await.is_some() {
        // What cannot be seen now is seen at the next turn; others tell of the trouble.
        if let Err(error) = look(room).await {
            tracing::debug!(%error, "what is open could not be seen");
        }
    }
    Ok(())
}

async fn look(room: &Room) -> Result<(), DispatcherError> {
    for (lane, name) in &LANES {
        DEPTH.set(&[name], room.deps.queue.depth(lane).await? as f64);
    }
    let runs =
        room.deps.store.runs(RunSelection { unfinished: true, ..RunSelection::newest(MOST_RUNS) }).await?;
    let states =
        [(RunState::Seeding, "seeding"), (RunState::Running, "running"), (RunState::Paused, "paused")];
    for (state, name) in states {
        RUNS.set(&[name], runs.iter().filter(|run| run.state == state).count() as f64);
    }
    let open = runs.iter().map(|run| run.counts.admitted.saturating_sub(run.counts.closed));
    BACKLOG.set(&[], open.sum::<u64>() as f64);
    let now = room.deps.clock.now();
    let oldest = runs.iter().map(|run| now.since(run.created_at)).max().unwrap_or_default();
    OLDEST.set(&[], oldest.as_secs_f64());
    Ok(())
}
