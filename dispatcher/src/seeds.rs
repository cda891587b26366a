//! Seeds of new runs become open URLs. Repeating it after a crash admits nothing twice.

use crate::patience::Patience;
use crate::{DispatcherError, Room};
use shared::frontier::{Admission, Wanted};
use shared::ids::RunId;
use shared::outcome::Kind;
use std::time::Duration;

/// Seeds admitted in one transaction.
const CHUNK: usize = 5_000;

pub async fn run(room: &Room) -> Result<(), DispatcherError> {
    let mut patience = Patience::default();
    let every = Duration::from_millis(room.config.poll_ms);
    while !room.stop.is_cancelled() {
        match admit_all(room).await {
            Ok(()) => patience.reset(),
            Err(error) => patience.wait(room, error).await?,
        }
        tokio::select! {
            () = room.stop.cancelled() => break,
            () = room.bell.notified() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
    Ok(())
}

async fn admit_all(room: &Room) -> Result<(), DispatcherError> {
    for run in room.deps.store.seeding().await? {
        admit_run(room, run).await?;
        room.bell.notify_waiters();
    }
    Ok(())
}

async fn admit_run(room: &Room, run: RunId) -> Result<(), DispatcherError> {
    let store = &room.deps.store;
    let job = store.run(run).await?.job;
    let wanted = Wanted::new(run, &job);
    let pages = job.seeds.urls.iter().map(|url| (url, Kind::Page));
    let sitemaps = job.seeds.sitemaps.iter().map(|url| (url, Kind::Sitemap));
    let mut admitted = 0;
    let mut seeds = sitemaps.chain(pages).peekable();
    while seeds.peek().is_some() {
        let chunk: Vec<Admission> = seeds
            .by_ref()
            .take(CHUNK)
            .filter_map(|(url, kind)| {
                // A checked job has none of these; one that was not says so here.
                wanted.seed(url, kind).inspect_err(|why| tracing::warn!(%run, url, %why, "seed refused")).ok()
            })
            .collect();
        admitted += store.admit(run, wanted.rules(), chunk).await?;
    }
    store.seeded(run).await?;
    tracing::info!(%run, admitted, "seeds admitted");
    Ok(())
}
