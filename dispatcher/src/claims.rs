//! A lease begins here: granted to the first worker that claims it, and to no other.

use crate::metrics::CLAIMS;
use crate::patience::{Patience, consume};
use crate::{DispatcherError, Room};
use shared::messages::{self, Answer, Claim};
use shared::ports::{Delivery, Lane};
use shared::{crash, trace};
use std::sync::atomic::Ordering;
use tracing::Instrument;

/// Claims taken at a time.
const PREFETCH: u16 = 32;

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let Some(mut claims) = consume(room, &Lane::Claim, PREFETCH).await? else { return Ok(()) };
    loop {
        let next = tokio::select! {
            biased;
            () = room.stop.cancelled() => return Ok(()),
            next = claims.next() => next,
        };
        let done = match next {
            Ok(delivery) => {
                let span = trace::follow(delivery.trace.as_ref(), || tracing::info_span!("grant"));
                answer(room, delivery).instrument(span).await
            }
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(()) => patience.reset(),
            Err(error) if error.is_end() && room.stop.is_cancelled() => return Ok(()),
            Err(error) => patience.wait(room, error).await?,
        }
    }
}

pub async fn answer(room: &Room, delivery: Delivery) -> Result<(), DispatcherError> {
    let claim: Claim = match messages::decode(&delivery.body) {
        Ok(claim) => claim,
        Err(why) => return Ok(delivery.bury(&why.to_string()).await?),
    };
    // Until here nothing is promised: on an error the claim is dropped unsettled and comes again.
    let grant = room.deps.store.grant(&claim, room.config.grant()).await?;
    tracing::debug!(lease = %claim.lease, worker = %claim.worker, granted = grant.is_some(), "claim");
    crash::point("dispatcher.after_grant");
    CLAIMS.add(&[if grant.is_some() { "granted" } else { "gone" }], 1);
    let answer = messages::encode(&Answer { lease: claim.lease, grant });
    room.deps.queue.publish(&Lane::Answer(claim.worker), vec![answer]).await?;
    delivery.ack().await?;
    // One offer less is waiting: where there was no room for another, there is now.
    if room.full.load(Ordering::Relaxed) {
        room.bell.notify_waiters();
    }
    Ok(())
}
