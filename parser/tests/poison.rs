//! F25: a page over which the parser's process dies, each time. The process is a child of this test:
//! the same program, told by the environment to be a parser over a folder.

use backends::file::FileArchive;
use backends::memory::MemoryQueue;
use backends::sqlite::SqliteStore;
use bytes::Bytes;
use parser::{Config, Deps};
use shared::clock::{SystemClock, Timestamp};
use shared::frontier::Wanted;
use shared::ids::{Incarnation, RunId, SegmentId};
use shared::job::{Delay, Job, RobotsMode};
use shared::manifest::Visit;
use shared::messages::{Claim, SegmentRef, SegmentStored, SegmentWaits, encode};
use shared::outcome::{Kind, Outcome};
use shared::ports::store::control::{About, LetterSelection};
use shared::ports::store::{GrantPolicy, HasControl, NewRun, OfferPolicy, PageSelection};
use shared::ports::{Archive, Frontier, Lane, Queue, Reads, Runs};
use shared::warc::{Exchange, SegmentWriter};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const FOLDER: &str = "HARVESTMAN_POISON_FOLDER";
const NEEDLE: &str = "this kills a parser";

async fn store(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("harvestman.db"), Arc::new(SystemClock)).await.expect("the store opens")
}

/// What the child does: takes the message in the folder, and ends when the run is over.
#[tokio::test]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let store = Arc::new(store(folder).await);
    let queue = MemoryQueue::new();
    let message = std::fs::read(folder.join("message")).expect("a message");
    queue.publish(&Lane::Parse { urgent: false }, vec![Bytes::from(message)]).await.expect("published");
    let archive = FileArchive::open(folder.join("archive")).await.expect("the archive opens");
    let deps = Deps { queue: Arc::new(queue), archive: Arc::new(archive), store: store.clone() };
    let stop = CancellationToken::new();
    let parser = tokio::spawn(parser::run(Config { parallel: 2 }, deps, stop.clone()));
    while !store.summary(RunId(1)).await.expect("the run").state.is_over() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    parser.await.expect("no panic").expect("no error");
}

/// A run of three pages, fetched and stored; the one in the middle is deadly.
async fn fetched(folder: &Path) -> SegmentStored {
    let store = store(folder).await;
    let urls = ["https://a.example/1", "https://a.example/2", "https://a.example/3"];
    let mut job = Job::of_seeds(urls);
    job.politeness.delay = Delay::Fixed(Duration::ZERO);
    job.politeness.robots = RobotsMode::Ignore;
    let new = NewRun { fingerprint: "f".into(), ..NewRun::of(Arc::new(job.clone())) };
    let run = store.create_run(new).await.expect("a run");
    let wanted = Wanted::new(run, &job);
    let seeds = urls.iter().map(|url| wanted.seed(url, Kind::Page).expect("a seed")).collect();
    store.admit(run, wanted.rules(), seeds).await.expect("admitted");
    store.seeded(run).await.expect("seeded");
    let minute = Duration::from_secs(60);
    let policy = OfferPolicy {
        max_offered: 1,
        max_handed: 500,
        urls: 10,
        slice: minute,
        offer_ttl: minute,
        rendered: 0,
    };
    let offer = store.offer(policy).await.expect("an offer").offers.remove(0).offer;
    let claim = Claim { lease: offer.lease, host: offer.host, worker: Incarnation::new("w") };
    let grant = store.grant(&claim, GrantPolicy { slice: minute, margin: minute }).await;
    let grant = grant.expect("granted").expect("fresh");

    let segment = SegmentId::new();
    let mut writer = SegmentWriter::new(run, segment, Incarnation::new("w"), Timestamp(1));
    let mut visits = Vec::new();
    for task in grant.tasks {
        let body = if task.url.ends_with('2') { NEEDLE } else { "<title>fine</title>" };
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static("text/html"));
        let exchange = Exchange {
            url: &task.url,
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
        visits.push(Visit {
            lease: grant.lease,
            host: grant.host,
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
    let len = bytes.len() as u64;
    let archive = FileArchive::open(folder.join("archive")).await.expect("the archive opens");
    let stored = archive.put(run, segment, bytes).await.expect("stored");
    store.close().await;
    SegmentStored { run, at: SegmentRef { segment, object: stored.object, offset: stored.offset, len } }
}

/// Runs the child; whether it lived.
fn parse(folder: &Path, message: Bytes) -> bool {
    std::fs::write(folder.join("message"), message).expect("written");
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program);
    child.args(["--exact", "child"]).env(FOLDER, folder).env("CRASH_ON_TEXT", NEEDLE);
    child.output().expect("the child runs").status.success()
}

#[tokio::test]
async fn a_page_that_kills_its_parser_is_closed_and_its_neighbours_are_harvested() {
    let folder = tempfile::tempdir().expect("a folder");
    let stored = fetched(folder.path()).await;
    // In company first, then twice alone with it, then without it.
    assert!(!parse(folder.path(), encode(&stored)));
    for lives in [false, false, true] {
        assert_eq!(parse(folder.path(), encode(&SegmentWaits(stored.clone()))), lives);
    }
    let store = store(folder.path()).await;
    let selection =
        PageSelection { run: stored.run, version: None, after: None, limit: 10, filter: Default::default() };
    let pages = store.pages(selection).await.expect("the pages");
    let ends: Vec<(&str, Option<&str>)> =
        pages.iter().map(|page| (page.url.as_str(), page.reason.as_deref())).collect();
    assert_eq!(
        ends,
        [
            ("https://a.example/1", None),
            ("https://a.example/2", Some("poison_parse")),
            ("https://a.example/3", None)
        ]
    );
    let letters = store.control().letters(LetterSelection::first(10)).await.expect("the letters");
    assert!(matches!(&letters[..], [letter]
        if matches!(&letter.about, About::Page { url, .. } if url == "https://a.example/2")));
}
