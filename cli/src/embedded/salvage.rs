//! What a kill leaves between archive and database: segments that were stored, but that nobody was told
//! of. A segment describes itself, so its pages need not be fetched again.

use anyhow::Context;
use shared::messages::{self, SegmentRef, SegmentStored};
use shared::ports::store::{PageSelection, RunSelection, RunSummary};
use shared::ports::{Archive, Lane, Queue, Store};
use shared::warc;

/// Bytes at an object's end that are looked through; pages beyond them are fetched again.
const TAIL: u64 = 64 << 20;
/// The newest pages that are asked how far the database knows an object.
const PAGES: u64 = 5_000;

/// Announces what lies in the archive behind the last page that the store knows of, for every run that
/// is not over; returns how many segments. What was known all the same changes nothing: the first
/// ending wins.
///
/// # Errors
/// If the store or the archive cannot be read.
pub async fn announce(store: &dyn Store, archive: &dyn Archive, queue: &dyn Queue) -> anyhow::Result<usize> {
    let mut announced = 0;
    for run in store.runs(RunSelection { unfinished: true, ..RunSelection::newest(1_000) }).await? {
        let segments = unknown(store, archive, &run).await?;
        announced += segments.len();
        let lane = Lane::Parse { urgent: false };
        for segment in segments {
            queue.publish(&lane, vec![messages::encode(&segment)]).await.context("the queue")?;
        }
    }
    if announced > 0 {
        tracing::info!(segments = announced, "found in the archive, unknown to the database");
    }
    Ok(announced)
}

/// The segments behind the known ones in the run's newest object.
async fn unknown(
    store: &dyn Store,
    archive: &dyn Archive,
    run: &RunSummary,
) -> anyhow::Result<Vec<SegmentStored>> {
    let Some((object, size)) = archive.list(run.run).await?.pop() else { return Ok(Vec::new()) };
    let known = known_end(store, run, &object).await?;
    let len = size.saturating_sub(known).min(TAIL);
    let bytes = archive.read(&object, known, len).await?;
    let found = warc::segments(&bytes).into_iter().filter(|(manifest, _)| manifest.run == run.run);
    Ok(found
        .map(|(manifest, span)| SegmentStored {
            run: run.run,
            at: SegmentRef {
                segment: manifest.segment,
                object: object.clone(),
                offset: known + span.offset,
                len: span.len,
            },
        })
        .collect())
}

/// Where the last record of an object ends that belongs to a page of the store.
async fn known_end(store: &dyn Store, run: &RunSummary, object: &str) -> anyhow::Result<u64> {
    let mut after = run.counts.closed.checked_sub(PAGES);
    let mut end = 0;
    loop {
        let selection = PageSelection { after, limit: 1_000, ..PageSelection::of(run.run) };
        let pages = store.pages(selection).await?;
        let Some(last) = pages.last() else { return Ok(end) };
        after = Some(last.seq);
        let records = pages.iter().filter(|page| page.object.as_deref() == Some(object));
        let ends = records.filter_map(|page| Some(page.offset? + page.len?));
        end = ends.fold(end, u64::max);
    }
}
