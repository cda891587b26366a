//! Makes one segment durable: into the archive, then a word to the parsers. Both as often as it
//! takes, unless a person has to act first.

use super::open::Open;
use crate::metrics::Tally;
use crate::patience::Patience;
use crate::{Deps, WorkerError};
use bytes::Bytes;
use shared::crash;
use shared::ids::RunId;
use shared::messages::{SegmentRef, SegmentStored, encode};
use shared::ports::Lane;

pub(super) async fn commit(deps: &Deps, run: RunId, open: Open) -> Result<(), WorkerError> {
    let Open { id, urgent, fate, visits, writer, .. } = open;
    let count = visits.len();
    let tally = Tally::of(&visits);
    let bytes = writer.finish(visits);
    let len = bytes.len() as u64;
    let stored = put(deps, run, id, bytes).await?;
    crash::point("worker.after_store");
    let at = SegmentRef { segment: id, object: stored.object, offset: stored.offset, len };
    tracing::debug!(%run, segment = %id, visits = count, bytes = len, "segment stored");
    announce(deps, urgent, encode(&SegmentStored { run, at: at.clone() })).await?;
    crash::point("worker.after_announce");
    tally.stored(len);
    fate.send_replace(Some(at));
    Ok(())
}

async fn put(
    deps: &Deps,
    run: RunId,
    id: shared::ids::SegmentId,
    bytes: Bytes,
) -> Result<shared::ports::Stored, WorkerError> {
    let mut patience = Patience::default();
    loop {
        match deps.archive.put(run, id, bytes.clone()).await {
            Ok(stored) => return Ok(stored),
            Err(error) if error.is_retryable() => patience.wait(&error).await,
            Err(error) => return Err(WorkerError::Archive(error)),
        }
    }
}

async fn announce(deps: &Deps, urgent: bool, message: Bytes) -> Result<(), WorkerError> {
    let mut patience = Patience::default();
    loop {
        match deps.queue.publish(&Lane::Parse { urgent }, vec![message.clone()]).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_retryable() => patience.wait(&error).await,
            Err(error) => return Err(WorkerError::Queue(error)),
        }
    }
}
