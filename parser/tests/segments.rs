//! Segments from the queue to the store, and how each message is settled.

mod support;

use bytes::Bytes;
use parser::{Config, Deps};
use shared::clock::Timestamp;
use shared::ids::{HostId, Incarnation, LeaseId, RunId, SegmentId, UrlId};
use shared::job::Job;
use shared::manifest::Visit;
use shared::messages::{self, Paced, SegmentRef, SegmentStored, Task};
use shared::outcome::{Kind, Outcome};
use shared::ports::store::{Ending, RunState};
use shared::ports::{Lane, Settlement};
use shared::warc::{Exchange, SegmentWriter};
use std::collections::HashMap;
use std::sync::Arc;
use support::{Lanes, Objects, RUN, Taker};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct World {
    lanes: Arc<Lanes>,
    senders: HashMap<Lane, UnboundedSender<Bytes>>,
    settled: UnboundedReceiver<Settlement>,
    objects: Arc<Objects>,
    store: Arc<Taker>,
    stop: CancellationToken,
    parser: JoinHandle<Result<(), parser::ParserError>>,
}

impl World {
    fn new(state: RunState) -> Self {
        let (lanes, senders, settled) = Lanes::new();
        let objects = Arc::new(Objects::default());
        let job = Arc::new(Job::of_seeds(["https://a.example/"]));
        let store = Arc::new(Taker { job, state, applied: Default::default(), failures: Default::default() });
        let stop = CancellationToken::new();
        let deps = Deps { queue: lanes.clone(), archive: objects.clone(), store: store.clone() };
        let parser = tokio::spawn(parser::run(Config { parallel: 2 }, deps, stop.clone()));
        World { lanes, senders, settled, objects, store, stop, parser }
    }

    /// Stores a segment of these pages and returns its message.
    fn stored(&self, run: RunId, pages: &[(&str, &str)]) -> SegmentStored {
        let segment = SegmentId::new();
        let mut writer = SegmentWriter::new(run, segment, Incarnation::new("w"), Timestamp(1));
        let mut visits = Vec::new();
        for (url, body) in pages {
            let mut headers = http::HeaderMap::new();
            headers.insert("content-type", http::HeaderValue::from_static("text/html"));
            let exchange = Exchange {
                url,
                at: Timestamp(2),
                peer: None,
                method: "GET",
                request_headers: &http::HeaderMap::new(),
                version: http::Version::HTTP_11,
                status: http::StatusCode::OK,
                response_headers: &headers,
                body: body.as_bytes(),
                truncated: None,
                rendered: None,
            };
            let (record, digest) = writer.exchange(&exchange);
            let task = Task {
                url_id: UrlId::of(run, url),
                url: (*url).to_owned(),
                kind: Kind::Page,
                depth: 0,
                hops: 0,
                tries: 0,
                asked_url: None,
            };
            visits.push(Visit {
                lease: LeaseId(1),
                host: HostId(1),
                task,
                at: Timestamp(2),
                took_ms: 1,
                status: Some(200),
                final_url: None,
                record: Some(record),
                digest: Some(digest),
                outcome: Outcome::Fetched { truncated: false },
                robots: None,
            });
        }
        let bytes = writer.finish(visits);
        let at = SegmentRef { segment, object: segment.to_string(), offset: 0, len: bytes.len() as u64 };
        self.objects.bytes.lock().insert(at.object.clone(), bytes);
        SegmentStored { run, at }
    }

    fn send(&self, urgent: bool, body: Bytes) {
        self.senders[&Lane::Parse { urgent }].send(body).unwrap();
    }

    async fn settlement(&mut self) -> Settlement {
        self.settled.recv().await.unwrap()
    }

    async fn stopped(self) {
        self.stop.cancel();
        self.parser.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_segment_is_applied_then_hinted_then_acked() {
    let mut world = World::new(RunState::Running);
    let pages =
        [("https://a.example/1", "<a href=/2>2</a><a href=/3>3</a>"), ("https://a.example/4", "<a href=/2>")];
    let stored = world.stored(RUN, &pages);
    world.send(false, messages::encode(&stored));
    assert_eq!(world.settlement().await, Settlement::Ack);
    let applied = world.store.applied.lock().clone();
    let links: Vec<usize> = applied[0].visits.iter().map(|visit| links(&visit.ending)).collect();
    assert_eq!(links, [2, 1]);
    let published = world.lanes.published.lock().clone();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].0, Lane::Paced);
    assert!(matches!(messages::decode(&published[0].1), Ok(Paced::Hint(hint)) if hint.run == RUN));

    // What was committed is known: the same links again are none.
    let again = world.stored(RUN, &[("https://a.example/5", "<a href=/2>2</a><a href=/6>6</a>")]);
    world.send(true, messages::encode(&again));
    assert_eq!(world.settlement().await, Settlement::Ack);
    assert_eq!(links_of(&world, 1), [1]);
    world.stopped().await;
}

fn links(ending: &Ending) -> usize {
    match ending {
        Ending::Closed(page) => page.links.len(),
        Ending::Retry { .. } => 0,
    }
}

fn links_of(world: &World, segment: usize) -> Vec<usize> {
    world.store.applied.lock()[segment].visits.iter().map(|visit| links(&visit.ending)).collect()
}

#[tokio::test]
async fn what_nobody_can_read_is_buried() {
    let mut world = World::new(RunState::Running);
    world.send(false, Bytes::from_static(b"{}"));
    assert!(matches!(world.settlement().await, Settlement::Bury(_)));
    let mut lost = world.stored(RUN, &[]);
    lost.at.object = "elsewhere".into();
    world.send(false, messages::encode(&lost));
    assert!(matches!(world.settlement().await, Settlement::Bury(_)));
    let broken = world.stored(RUN, &[]);
    let zeros = Bytes::from(vec![0; broken.at.len as usize]);
    world.objects.bytes.lock().insert(broken.at.object.clone(), zeros);
    world.send(false, messages::encode(&broken));
    assert!(matches!(world.settlement().await, Settlement::Bury(_)));
    let mut other = world.stored(RunId(2), &[]);
    other.run = RUN;
    world.send(false, messages::encode(&other));
    assert!(matches!(world.settlement().await, Settlement::Bury(_)));
    // The segments are applied all the same, without visits, so that their URLs are asked again.
    let visits: Vec<usize> = world.store.applied.lock().iter().map(|segment| segment.visits.len()).collect();
    assert_eq!(visits, [0, 0, 0]);
    world.stopped().await;
}

#[tokio::test]
async fn runs_that_are_over_or_gone_are_acked() {
    let mut world = World::new(RunState::Cancelled);
    for run in [RUN, RunId(9)] {
        let stored = world.stored(run, &[("https://a.example/1", "x")]);
        world.send(false, messages::encode(&stored));
        assert_eq!(world.settlement().await, Settlement::Ack);
    }
    assert!(world.store.applied.lock().is_empty());
    world.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn servers_are_tried_again_and_then_the_work_goes_back() {
    let mut world = World::new(RunState::Running);
    let stored = world.stored(RUN, &[("https://a.example/1", "x")]);
    *world.objects.failures.lock() = 2;
    *world.store.failures.lock() = 1;
    world.send(false, messages::encode(&stored));
    assert_eq!(world.settlement().await, Settlement::Ack);
    *world.store.failures.lock() = 100;
    world.send(false, messages::encode(&stored));
    assert_eq!(world.settlement().await, Settlement::GiveBack);
    assert_eq!(world.store.applied.lock().len(), 1);
    world.stopped().await;
}
