//! An archive of the test's own, which can be told to fail, and a look into a queue.

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::{RunId, SegmentId};
use shared::ports::*;
use std::collections::{BTreeMap, VecDeque};

/// What waits in a lane, and whether it was delivered before. It is still there afterwards.
pub async fn waiting(queue: &dyn Queue, lane: &Lane) -> Vec<(Bytes, bool)> {
    let count = queue.depth(lane).await.unwrap();
    let mut consumer = queue.consume(lane, u16::MAX).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(super::within(consumer.next()).await.unwrap());
    }
    all.iter().map(|delivery| (delivery.body.clone(), delivery.redelivered)).collect()
}

/// Returns when so many messages wait in a lane.
pub async fn until_waiting(queue: &dyn Queue, lane: &Lane, count: u64) {
    super::within(async {
        while queue.depth(lane).await.unwrap() < count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// What the archive does next instead of storing.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Unavailable,
    Full,
}

/// An archive in memory, which fails as often as it was told.
#[derive(Default)]
pub struct MemoryArchive {
    pub objects: Mutex<BTreeMap<String, Bytes>>,
    pub faults: Mutex<VecDeque<Fault>>,
    /// While held, nothing is stored.
    pub gate: tokio::sync::RwLock<()>,
}

#[async_trait]
impl Archive for MemoryArchive {
    async fn put(&self, run: RunId, segment: SegmentId, bytes: Bytes) -> Result<Stored, ArchiveError> {
        let _open = self.gate.read().await;
        match self.faults.lock().pop_front() {
            Some(Fault::Unavailable) => return Err(ArchiveError::Unavailable("told to".into())),
            Some(Fault::Full) => return Err(ArchiveError::Full("told to".into())),
            None => {}
        }
        let object = format!("runs/{run}/{segment}.warc.gz");
        self.objects.lock().insert(object.clone(), bytes);
        Ok(Stored { object, offset: 0 })
    }

    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        let objects = self.objects.lock();
        let bytes = objects.get(object).ok_or_else(|| ArchiveError::NotFound(object.into()))?;
        Ok(bytes.slice(offset as usize..(offset + len) as usize))
    }

    async fn list(&self, _: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        Ok(self.objects.lock().iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    async fn delete_run(&self, _: RunId) -> Result<(), ArchiveError> {
        self.objects.lock().clear();
        Ok(())
    }
}
