//! Segments: how many, when, and what becomes of a lease if one cannot be stored; and the stop.

mod common;

use backends::memory::MemoryQueue;
use common::memory::{Fault, MemoryArchive, until_waiting, waiting};
use common::server::{Server, page};
use common::{FETCHED, World, grant};
use shared::job::Delay;
use shared::messages::{Claim, Grant, decode};
use shared::ports::{Archive, ArchiveError, Lane, Queue};
use std::sync::Arc;
use std::time::Duration;
use worker::{Config, WorkerError};

fn paths(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("/{n}")).collect()
}

fn lease_of(server: &Server, count: usize) -> Grant {
    let paths = paths(count);
    grant(&server.origin, &paths.iter().map(String::as_str).collect::<Vec<_>>())
}

async fn plain() -> Server {
    Server::new(|_| page(&"a page ".repeat(100))).await
}

/// No timer ends a segment within a test.
fn config() -> Config {
    Config { commit_interval: Duration::from_secs(600), ..Config::default() }
}

#[tokio::test]
async fn a_lease_is_a_few_segments() {
    let server = plain().await;
    let mut world = World::new(Config { segment_pages: 20, ..config() }, &[server.at]).await;
    let ended = world.lease(lease_of(&server, 100)).await;
    assert_eq!(ended.visits.len(), 100);
    assert!(ended.visits.iter().all(|visit| visit.outcome == FETCHED));
    let count = ended.report.segments.len();
    assert!((1..=5).contains(&count), "{count}");
    for at in &ended.report.segments {
        assert_eq!(world.segment(false).await.at, *at, "announced in order, as reported");
    }
    for visit in &ended.visits {
        assert_eq!(ended.body(visit).len(), 700);
    }
}

#[tokio::test]
async fn what_ends_during_a_commit_goes_into_the_next_one() {
    let server = plain().await;
    let mut world = World::new(config(), &[server.at]).await;
    let shut = world.archive.clone();
    let gate = shut.gate.write().await;
    // The first lease's commit waits at the gate; the others end meanwhile.
    world.begin(lease_of(&server, 3)).await;
    let mut seen = 3;
    server.until_seen(seen).await;
    for _ in 0..5 {
        world.begin(lease_of(&server, 3)).await;
        seen += 3;
    }
    server.until_seen(seen).await;
    drop(gate);
    for _ in 0..6 {
        assert_eq!(world.ended().await.visits.len(), 3);
    }
    let stored = world.archive.list(shared::ids::RunId(1)).await.unwrap().len();
    assert!((2..=4).contains(&stored), "{stored} segments for six leases");
}

#[tokio::test]
async fn a_segment_is_committed_when_it_is_old_or_large() {
    let server = plain().await;
    let timed = Config { commit_interval: Duration::from_millis(50), ..Config::default() };
    let large = Config { segment_bytes: 1500, ..config() };
    for config in [timed, large] {
        let mut world = World::new(config, &[server.at]).await;
        let mut slow = lease_of(&server, 4);
        slow.policy.politeness.delay = Delay::Fixed(Duration::from_millis(120));
        world.begin(slow).await;
        // A segment comes before the lease has ended.
        world.segment(false).await;
        assert_eq!(world.queue.depth(&Lane::Paced).await.unwrap(), 0);
        let ended = world.ended().await;
        assert!(ended.report.segments.len() >= 2);
        assert_eq!(ended.visits.len(), 4);
    }
}

#[tokio::test]
async fn leases_wait_while_too_much_is_pending() {
    let server = plain().await;
    let config = Config { segment_bytes: 2000, pending_bytes: 4000, ..config() };
    let mut world = World::new(config, &[server.at]).await;
    let shut = world.archive.clone();
    let gate = shut.gate.write().await;
    let mut grant = lease_of(&server, 100);
    grant.policy.politeness.concurrency = Some(1);
    world.begin(grant).await;
    // Time enough for hundreds of requests, were it not for the bound.
    for _ in 0..20_000 {
        tokio::task::yield_now().await;
    }
    let asked = server.seen().len();
    assert!(asked < 30, "{asked} pages are held in memory");
    drop(gate);
    assert_eq!(world.ended().await.visits.len(), 100);
}

#[tokio::test]
async fn an_archive_that_is_away_for_a_moment_is_waited_for() {
    let server = plain().await;
    let mut world = World::new(config(), &[server.at]).await;
    world.archive.faults.lock().push_back(Fault::Unavailable);
    let ended = world.lease(lease_of(&server, 3)).await;
    assert_eq!((ended.visits.len(), ended.report.segments.len()), (3, 1));
}

#[tokio::test]
async fn an_archive_that_is_full_ends_the_worker_with_its_leases_unsettled() {
    let server = plain().await;
    let mut world = World::new(config(), &[server.at]).await;
    world.archive.faults.lock().extend([Fault::Full; 10]);
    world.begin(lease_of(&server, 3)).await;
    let queue = world.queue.clone();
    let error = world.end().await.unwrap_err();
    assert!(matches!(error, WorkerError::Archive(ArchiveError::Full(_))), "{error}");
    assert_eq!(waiting(&*queue, &Lane::Fetch { urgent: false }).await.len(), 1, "the offer comes again");
    for lane in [Lane::Paced, Lane::Parse { urgent: false }] {
        assert_eq!(queue.depth(&lane).await.unwrap(), 0, "{lane}");
    }
}

#[tokio::test]
async fn the_offer_of_a_worker_that_dies_comes_again() {
    let server = plain().await;
    let (queue, archive) = (Arc::new(MemoryQueue::default()), Arc::new(MemoryArchive::default()));
    let mut world = World::with(config(), &[server.at], queue.clone(), archive.clone()).await;
    let gate = archive.gate.write().await;
    let grant = lease_of(&server, 3);
    world.begin(grant.clone()).await;
    server.until_seen(3).await;
    world.kill().await;
    drop(gate);
    let lane = Lane::Fetch { urgent: false };
    until_waiting(&*queue, &lane, 1).await;
    assert!(waiting(&*queue, &lane).await[0].1, "redelivered");

    // The next worker claims it as another incarnation; the dispatcher says that it is gone.
    let mut world = World::with(config(), &[server.at], queue.clone(), archive).await;
    let claim = world.claim().await;
    assert_eq!(claim.lease, grant.lease);
    world.answer(&claim, None).await;
    let ended = world.lease(lease_of(&server, 1)).await;
    assert_eq!(ended.visits.len(), 1);
    world.stop().await.unwrap();
    assert!(queue.depth(&lane).await.unwrap() == 0, "settled as gone");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_once_more_and_then_the_lease_is_gone() {
    let server = plain().await;
    let config = Config { answer_timeout: Duration::from_millis(50), ..config() };
    let mut world = World::new(config, &[server.at]).await;
    let grant = lease_of(&server, 1);
    world.offer(&grant).await;
    world.claim().await;
    let again = world.claim().await;
    assert_eq!(again.lease, grant.lease);
    let queue = world.queue.clone();
    world.offer(&lease_of(&server, 1)).await;
    let other = world.claim().await;
    assert_ne!(other.lease, grant.lease);
    world.answer(&other, None).await;
    world.stop().await.unwrap();
    assert!(waiting(&*queue, &Lane::Fetch { urgent: false }).await.is_empty());
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_offer_that_comes_twice_is_one_lease() {
    let server = plain().await;
    let mut world = World::new(config(), &[server.at]).await;
    let shut = world.archive.clone();
    let gate = shut.gate.write().await;
    let grant = lease_of(&server, 2);
    world.begin(grant.clone()).await;
    world.offer(&grant).await;
    // A claim of another lease behind it shows that the copy was taken and not claimed.
    let other = lease_of(&server, 1);
    world.offer(&other).await;
    let claim: Claim = world.claim().await;
    assert_eq!(claim.lease, other.lease);
    world.answer(&claim, None).await;
    drop(gate);
    assert_eq!(world.ended().await.visits.len(), 2);
    let queue = world.queue.clone();
    world.stop().await.unwrap();
    assert!(waiting(&*queue, &Lane::Fetch { urgent: false }).await.is_empty(), "both are settled");
}

#[tokio::test]
async fn what_cannot_be_read_is_buried() {
    let world = World::new(config(), &[]).await;
    world.queue.publish(&Lane::Fetch { urgent: false }, vec!["no offer".into()]).await.unwrap();
    until_waiting(&*world.queue, &Lane::Dead, 1).await;
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_drains() {
    let server = plain().await;
    let mut world = World::new(Config { leases: 1, ..config() }, &[server.at]).await;
    let mut slow = lease_of(&server, 5);
    slow.policy.politeness.delay = Delay::Fixed(Duration::from_secs(20));
    world.begin(slow).await;
    let unclaimed = lease_of(&server, 1);
    world.offer(&unclaimed).await;
    server.until_seen(1).await;
    world.stop.cancel();
    let ended = world.ended().await;
    assert_eq!((ended.visits.len(), ended.report.not_begun.len(), ended.segments.len()), (1, 4, 1));
    assert!((15_000..=20_000).contains(&ended.report.next_in_ms), "the delay is still owed");
    let queue = world.queue.clone();
    world.stop().await.unwrap();
    let left = waiting(&*queue, &Lane::Fetch { urgent: false }).await;
    assert_eq!(left.len(), 1, "what was not claimed goes back");
    let offer: shared::messages::LeaseOffer = decode(&left[0].0).unwrap();
    assert_eq!(offer.lease, unclaimed.lease);
    assert!(waiting(&*queue, &Lane::Claim).await.is_empty());
}

#[tokio::test]
async fn urgent_leases_do_not_queue_behind_others() {
    let server = plain().await;
    let mut world = World::new(Config { leases: 1, ..config() }, &[server.at]).await;
    let mut slow = lease_of(&server, 2);
    slow.policy.politeness.delay = Delay::Fixed(Duration::from_secs(20));
    world.begin(slow).await;
    let mut urgent = lease_of(&server, 1);
    urgent.urgent = true;
    let id = urgent.lease;
    let ended = world.lease(urgent).await;
    assert_eq!((ended.report.lease, ended.visits.len()), (id, 1));
}
