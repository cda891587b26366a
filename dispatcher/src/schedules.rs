//! Jobs that run by the clock. Any number of dispatchers look; each due time is decided once.

use crate::patience::Patience;
use crate::{DispatcherError, Room};
use shared::clock::Timestamp;
use shared::ports::store::control::{DueJob, Fire, Fired};
use shared::schedule::Missed;
use std::time::Duration;

/// Due jobs taken at a time.
const BATCH: u32 = 100;
/// A time that went by longer ago than this was missed: nobody was there.
const LATE: Duration = Duration::from_secs(120);

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let every = Duration::from_millis(room.config.schedules_every_ms);
    while !room.stop.is_cancelled() {
        let pause = match fire_all(room).await {
            Ok(more) => {
                patience.reset();
                if more { Duration::ZERO } else { every }
            }
            Err(error) => {
                patience.wait(room, error).await?;
                continue;
            }
        };
        tokio::select! {
            () = room.stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

/// One look; true: there may be more.
async fn fire_all(room: &Room) -> Result<bool, DispatcherError> {
    let (now, due) = room.deps.store.control().due_jobs(BATCH).await?;
    for job in &due {
        let fire = decide(job, now);
        let fired = room.deps.store.control().fire(fire).await?;
        match fired {
            Fired::Run(run) => {
                tracing::info!(job = %job.job, %run, due = fire.due.to_rfc3339(), "a scheduled run begins");
                room.runs.notify_waiters();
            }
            Fired::Gone => {}
            other => {
                tracing::warn!(job = %job.job, due = fire.due.to_rfc3339(), ?other, "no run at its time")
            }
        }
    }
    Ok(due.len() == BATCH as usize)
}

/// Whether a due time begins a run, and which one is next: the first after now, whatever was missed.
fn decide(job: &DueJob, now: Timestamp) -> Fire {
    let missed = now.since(job.planned.at) > LATE;
    let next = job.schedule.next(job.job, now.max(job.planned.due)).unwrap_or_else(|error| {
        tracing::error!(job = %job.job, %error, "a schedule that cannot be kept");
        None
    });
    Fire { job: job.job, due: job.planned.due, next, run: !missed || job.schedule.missed == Missed::RunOnce }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::JobId;
    use shared::schedule::{Planned, Schedule};

    fn due(missed: Missed) -> DueJob {
        let schedule = Schedule {
            cron: "@hourly".into(),
            timezone: "UTC".into(),
            jitter_seconds: 0,
            missed,
            overlap: false,
            paused: false,
        };
        let at = Timestamp(1_790_000_000_000 / 3_600_000 * 3_600_000);
        DueJob { job: JobId(1), planned: Planned { due: at, at }, schedule }
    }

    #[test]
    fn one_run_makes_up_for_missed_times_or_none_does() {
        for (missed, run) in [(Missed::RunOnce, true), (Missed::Skip, false)] {
            let job = due(missed);
            let hours = |n: u64| job.planned.due.plus(Duration::from_secs(n * 3600));
            let on_time = decide(&job, job.planned.due.plus(Duration::from_secs(5)));
            assert!(on_time.run);
            assert_eq!(on_time.next.unwrap().due, hours(1));
            let late = decide(&job, hours(5).plus(Duration::from_secs(60)));
            assert_eq!(late.run, run);
            assert_eq!(late.next.unwrap().due, hours(6));
        }
    }
}
