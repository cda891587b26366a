//! Reports of leases that are over: the lane is free, the host knows its next time.

use crate::metrics::REPORTS;
use crate::patience::{Patience, consume};
use crate::{DispatcherError, Room};
use shared::crash;
use shared::messages::{self, Paced};
use shared::ports::{Delivery, Lane};

/// Reports taken at a time.
const PREFETCH: u16 = 32;

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let Some(mut paced) = consume(room, &Lane::Paced, PREFETCH).await? else { return Ok(()) };
    loop {
        let next = tokio::select! {
            biased;
            () = room.stop.cancelled() => return Ok(()),
            next = paced.next() => next,
        };
        let done = match next {
            Ok(delivery) => take(room, delivery).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(()) => patience.reset(),
            Err(error) if error.is_end() && room.stop.is_cancelled() => return Ok(()),
            Err(error) => patience.wait(room, error).await?,
        }
    }
}

pub async fn take(room: &Room, delivery: Delivery) -> Result<(), DispatcherError> {
    match messages::decode(&delivery.body) {
        Ok(Paced::Report(report)) => {
            let fresh = room.deps.store.report(&report).await?;
            crash::point("dispatcher.after_report");
            REPORTS.add(&[if fresh { "true" } else { "false" }], 1);
            tracing::debug!(lease = %report.lease, worker = %report.worker, fresh, "report");
        }
        Ok(Paced::Hint(_)) => room.runs.notify_waiters(),
        Err(why) => return Ok(delivery.bury(&why.to_string()).await?),
    }
    delivery.ack().await?;
    room.bell.notify_waiters();
    Ok(())
}
