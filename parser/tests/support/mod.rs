//! A queue whose settlements can be watched, an archive that fails on demand, and a store that
//! takes segments.

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use shared::clock::Timestamp;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{RunId, SegmentId, TenantId, UrlId};
use shared::job::Job;
use shared::messages::{Claim, Grant, LeaseReport};
use shared::ports::store::*;
use shared::ports::*;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The run that exists.
pub const RUN: RunId = RunId(1);

pub struct Lanes {
    pub settled: UnboundedSender<Settlement>,
    pub published: Mutex<Vec<(Lane, Bytes)>>,
    waiting: Mutex<HashMap<Lane, UnboundedReceiver<Bytes>>>,
}

impl Lanes {
    /// A queue with these lanes; what is sent to them is delivered.
    pub fn new() -> (Arc<Self>, HashMap<Lane, UnboundedSender<Bytes>>, UnboundedReceiver<Settlement>) {
        let (settled, settlements) = unbounded_channel();
        let (mut senders, mut waiting) = (HashMap::new(), HashMap::new());
        for urgent in [false, true] {
            let (sender, receiver) = unbounded_channel();
            senders.insert(Lane::Parse { urgent }, sender);
            waiting.insert(Lane::Parse { urgent }, receiver);
        }
        (
            Arc::new(Lanes { settled, published: Mutex::default(), waiting: Mutex::new(waiting) }),
            senders,
            settlements,
        )
    }
}

struct OneLane {
    messages: UnboundedReceiver<Bytes>,
    settled: UnboundedSender<Settlement>,
}

struct Watched(UnboundedSender<Settlement>);

#[async_trait]
impl Settle for Watched {
    async fn settle(&mut self, how: Settlement) -> Result<(), QueueError> {
        self.0.send(how).map_err(|_| QueueError::Closed)
    }
}

#[async_trait]
impl Consumer for OneLane {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        let body = self.messages.recv().await.ok_or(QueueError::Closed)?;
        Ok(Delivery::new(body, false, Box::new(Watched(self.settled.clone()))))
    }
}

#[async_trait]
impl Queue for Lanes {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        self.published.lock().extend(messages.into_iter().map(|message| (lane.clone(), message)));
        Ok(())
    }
    async fn consume(&self, lane: &Lane, _prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let messages = self.waiting.lock().remove(lane).ok_or(QueueError::Closed)?;
        Ok(Box::new(OneLane { messages, settled: self.settled.clone() }))
    }
    async fn depth(&self, _lane: &Lane) -> Result<u64, QueueError> {
        Ok(0)
    }
}

/// Objects by name.
#[derive(Default)]
pub struct Objects {
    pub bytes: Mutex<HashMap<String, Bytes>>,
    /// Reads that fail before one succeeds.
    pub failures: Mutex<u32>,
}

#[async_trait]
impl Archive for Objects {
    async fn put(&self, _: RunId, _: SegmentId, _: Bytes) -> Result<Stored, ArchiveError> {
        Err(ArchiveError::Refused("read only".into()))
    }
    async fn read(&self, object: &str, offset: u64, len: u64) -> Result<Bytes, ArchiveError> {
        let mut failures = self.failures.lock();
        if *failures > 0 {
            *failures -= 1;
            return Err(ArchiveError::Unavailable("for now".into()));
        }
        let bytes = self.bytes.lock().get(object).cloned();
        let bytes = bytes.ok_or_else(|| ArchiveError::NotFound(object.to_owned()))?;
        let range = offset as usize..(offset + len) as usize;
        (range.end <= bytes.len())
            .then(|| bytes.slice(range))
            .ok_or_else(|| ArchiveError::Short { object: object.to_owned(), end: offset + len })
    }
    async fn list(&self, _: RunId) -> Result<Vec<(String, u64)>, ArchiveError> {
        Ok(Vec::new())
    }
    async fn delete_run(&self, _: RunId) -> Result<(), ArchiveError> {
        Ok(())
    }
}

/// Takes what is applied.
pub struct Taker {
    pub job: Arc<Job>,
    pub state: RunState,
    pub applied: Mutex<Vec<ParsedSegment>>,
    pub failures: Mutex<u32>,
}

fn none<T>() -> Result<T, StoreError> {
    Err(StoreError::NotFound("such thing here".into()))
}

#[async_trait]
impl Runs for Taker {
    async fn create_run(&self, _: NewRun) -> Result<RunId, StoreError> {
        none()
    }
    async fn run(&self, run: RunId) -> Result<RunInfo, StoreError> {
        if run != RUN {
            return none();
        }
        let summary = RunSummary {
            run,
            tenant: TenantId::FIRST,
            job_id: None,
            name: None,
            fingerprint: String::new(),
            state: self.state,
            urgent: false,
            created_at: Timestamp(0),
            ended_at: None,
            counts: RunCounts::default(),
        };
        Ok(RunInfo { summary, job: self.job.clone() })
    }
    async fn runs(&self, _: RunSelection) -> Result<Vec<RunSummary>, StoreError> {
        none()
    }
    async fn summary(&self, _: RunId) -> Result<RunSummary, StoreError> {
        none()
    }
    async fn tallies(&self, _: RunId) -> Result<Vec<Tally>, StoreError> {
        none()
    }
    async fn command(&self, _: RunId, _: Command) -> Result<RunState, StoreError> {
        none()
    }
}

impl HasControl for Taker {
    fn control(&self) -> &dyn Control {
        unreachable!("a parser knows nothing of this room")
    }
}

#[async_trait]
impl Results for Taker {
    async fn known(&self, _: RunId, _: &[UrlId]) -> Result<Vec<UrlId>, StoreError> {
        Ok(Vec::new())
    }
    async fn is_applied(&self, run: RunId, segment: SegmentId) -> Result<bool, StoreError> {
        let applied = self.applied.lock();
        Ok(applied.iter().any(|applied| applied.run == run && applied.at.segment == segment))
    }
    async fn apply(&self, segment: ParsedSegment) -> Result<Applied, StoreError> {
        let mut failures = self.failures.lock();
        if *failures > 0 {
            *failures -= 1;
            return Err(StoreError::Unavailable("for now".into()));
        }
        let closed = segment.visits.iter().map(|visit| matches!(visit.ending, Ending::Closed(_))).collect();
        let links = |visit: &ParsedVisit| match &visit.ending {
            Ending::Closed(page) => page.links.len() as u64,
            Ending::Retry { .. } => 0,
        };
        let admitted = segment.visits.iter().map(links).sum();
        self.applied.lock().push(segment);
        Ok(Applied { closed, admitted, ready: admitted > 0, done: false })
    }
}

#[async_trait]
impl Frontier for Taker {
    async fn seeding(&self) -> Result<Vec<RunId>, StoreError> {
        none()
    }
    async fn admit(&self, _: RunId, _: AdmitRules, _: Vec<Admission>) -> Result<u64, StoreError> {
        none()
    }
    async fn seeded(&self, _: RunId) -> Result<(), StoreError> {
        none()
    }
    async fn offer(&self, _: OfferPolicy) -> Result<Offers, StoreError> {
        none()
    }
    async fn grant(&self, _: &Claim, _: GrantPolicy) -> Result<Option<Grant>, StoreError> {
        none()
    }
    async fn report(&self, _: &LeaseReport) -> Result<bool, StoreError> {
        none()
    }
    async fn sweep(&self, _: SweepPolicy) -> Result<Swept, StoreError> {
        none()
    }
    async fn lapse_all(&self, _: Duration, _: Duration) -> Result<u64, StoreError> {
        none()
    }
}

#[async_trait]
impl Reads for Taker {
    async fn records(&self, _: RecordSelection) -> Result<Vec<RecordRow>, StoreError> {
        none()
    }
    async fn pages(&self, _: PageSelection) -> Result<Vec<PageRow>, StoreError> {
        none()
    }
    async fn contents(&self, _: RunId, _: &[u64]) -> Result<Vec<(u64, String)>, StoreError> {
        none()
    }
}
