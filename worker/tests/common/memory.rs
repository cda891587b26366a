//! A queue and an archive of the test's own, which can be told to fail.

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::{RunId, SegmentId};
use shared::ports::*;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;

type Lanes = Mutex<HashMap<Lane, VecDeque<(Bytes, bool)>>>;

#[derive(Default)]
struct Broker {
    lanes: Lanes,
    news: Notify,
}

/// A broker that forgets nothing; what is not settled comes again.
#[derive(Default)]
pub struct MemoryQueue {
    broker: Arc<Broker>,
}

impl MemoryQueue {
    /// Messages that wait in a lane.
    pub fn waiting(&self, lane: &Lane) -> Vec<(Bytes, bool)> {
        self.broker.lanes.lock().get(lane).map(|lane| lane.iter().cloned().collect()).unwrap_or_default()
    }

    /// Returns when a lane holds so many messages.
    pub async fn until_waiting(&self, lane: &Lane, count: usize) {
        super::within(async {
            loop {
                let news = self.broker.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if self.waiting(lane).len() >= count {
                    return;
                }
                news.await;
            }
        })
        .await;
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        let messages = messages.into_iter().map(|message| (message, false));
        self.broker.lanes.lock().entry(lane.clone()).or_default().extend(messages);
        self.broker.news.notify_waiters();
        Ok(())
    }

    async fn consume(&self, lane: &Lane, _prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        Ok(Box::new(MemoryConsumer { lane: lane.clone(), broker: self.broker.clone() }))
    }

    async fn depth(&self, lane: &Lane) -> Result<u64, QueueError> {
        Ok(self.waiting(lane).len() as u64)
    }
}

struct MemoryConsumer {
    lane: Lane,
    broker: Arc<Broker>,
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        loop {
            let news = self.broker.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let next = self.broker.lanes.lock().entry(self.lane.clone()).or_default().pop_front();
            if let Some((body, redelivered)) = next {
                let open = Some(body.clone());
                let settle = OpenDelivery { open, lane: self.lane.clone(), broker: self.broker.clone() };
                return Ok(Delivery::new(body, redelivered, Box::new(settle)));
            }
            news.await;
        }
    }
}

struct OpenDelivery {
    open: Option<Bytes>,
    lane: Lane,
    broker: Arc<Broker>,
}

#[async_trait]
impl Settle for OpenDelivery {
    async fn settle(&mut self, how: Settlement) -> Result<(), QueueError> {
        let lane = match how {
            Settlement::Ack => {
                self.open = None;
                return Ok(());
            }
            Settlement::GiveBack => return Ok(()),
            Settlement::Bury(_) => Lane::Dead,
        };
        let body = self.open.take().unwrap_or_default();
        self.broker.lanes.lock().entry(lane).or_default().push_back((body, false));
        self.broker.news.notify_waiters();
        Ok(())
    }
}

impl Drop for OpenDelivery {
    fn drop(&mut self) {
        if let Some(body) = self.open.take() {
            self.broker.lanes.lock().entry(self.lane.clone()).or_default().push_front((body, true));
            self.broker.news.notify_waiters();
        }
    }
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
