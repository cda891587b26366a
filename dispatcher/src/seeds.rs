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
            biased;
            () = room.stop.cancelled() => break,
            () = room.runs.notified() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
    Ok(())
}

pub async fn admit_all(room: &Room) -> Result<(), DispatcherError> {
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
    let mut seeds: Vec<(&str, Kind)> = Vec::with_capacity(job.seeds.urls.len() + job.seeds.sitemaps.len());
    seeds.extend(job.seeds.sitemaps.iter().map(|url| (url.as_str(), Kind::Sitemap)));
    seeds.extend(job.seeds.urls.iter().map(|url| (url.as_str(), Kind::Page)));
    let mut admitted = 0;
    for chunk in seeds.chunks(CHUNK) {
        let chunk: Vec<Admission> =
            chunk.iter().filter_map(|(url, kind)| seed(&wanted, url, *kind)).collect();
        admitted += store.admit(run, wanted.rules(), chunk).await?;
    }
    store.seeded(run).await?;
    tracing::info!(%run, admitted, "seeds admitted");
    Ok(())
}

/// A checked job has no seed that is refused; one that was not checked says so here.
fn seed(wanted: &Wanted, url: &str, kind: Kind) -> Option<Admission> {
    wanted.seed(url, kind).inspect_err(|why| tracing::warn!(url, %why, "seed refused")).ok()
}
