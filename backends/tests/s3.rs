//! The archive suite over S3, and what only a server can do wrong.
#![cfg(feature = "s3")]

use backends::s3::{Access, Limits, S3Archive};
use bytes::Bytes;
use shared::ids::{RunId, SegmentId};
use shared::ports::{Archive, ArchiveError};
use std::sync::Arc;
use std::time::Duration;
use testkit::servers::s3::{BUCKET, Fault, KEY_ID, S3, SECRET, VARIABLE};
use testkit::suites::archive::{run, segment};

const RUN: RunId = RunId(7);

fn key() -> Access {
    Access::Key { id: KEY_ID.into(), secret: SECRET.into() }
}

/// One try, so that a fault is seen as it comes.
fn one_try() -> Limits {
    Limits { attempts: 1, ..Limits::default() }
}

async fn archive(server: &S3, limits: Limits) -> S3Archive {
    S3Archive::connect(&server.url(BUCKET, "faults"), key(), limits).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite() {
    if let Ok(url) = std::env::var(VARIABLE) {
        let this_time = SegmentId::new();
        run(async |world: &str| {
            let (at, parameters) = url.split_once('?').unwrap_or((&url, ""));
            let url = format!("{}/{this_time}/{world}?{parameters}", at.trim_end_matches('/'));
            Arc::new(S3Archive::connect(&url, Access::Chain, Limits::default()).await.unwrap())
                as Arc<dyn Archive>
        })
        .await;
        return;
    }
    let server = S3::start().await;
    run(async |world: &str| {
        let url = server.url(BUCKET, world);
        Arc::new(S3Archive::connect(&url, key(), Limits::default()).await.unwrap()) as Arc<dyn Archive>
    })
    .await;
}

#[tokio::test]
async fn a_large_segment_goes_up_in_parts() {
    let server = S3::start().await;
    let archive = archive(&server, Limits { part: 5 << 20, ..one_try() }).await;
    let bytes: Bytes = (0..12_000_000_u32).map(|n| (n % 251) as u8).collect();
    let id = SegmentId::new();
    for puts in [3, 6] {
        // The second time it is there already.
        let stored = archive.put(RUN, id, bytes.clone()).await.unwrap();
        assert_eq!(server.requests().puts, puts);
        assert_eq!(archive.read(&stored.object, 0, bytes.len() as u64).await.unwrap(), bytes);
    }
    for fault in [Fault::Unavailable, Fault::LostAnswer, Fault::Forbidden] {
        server.faults().next([fault]);
        let begun = archive.put(RUN, SegmentId::new(), bytes.clone()).await.unwrap_err();
        assert_eq!(begun.is_retryable(), fault != Fault::Forbidden, "{fault:?}: {begun}");
    }
    assert_eq!(archive.list(RUN).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_segment_is_one_request_and_a_read_another() {
    let server = S3::start().await;
    let archive = archive(&server, Limits::default()).await;
    let (id, bytes) = segment(RUN, 9_000);
    let stored = archive.put(RUN, id, bytes.clone()).await.unwrap();
    let read = archive.read(&stored.object, 5, 100).await.unwrap();
    assert_eq!(read, bytes.slice(5..105));
    let asked = server.requests();
    assert_eq!((asked.puts, asked.gets, asked.others), (1, 1, 0));
}

#[tokio::test]
async fn old_servers_are_spared_checksums_and_conditions() {
    let server = S3::start().await;
    let url = format!("{}&checksums=when_required&create_only=false", server.url(BUCKET, "old"));
    let archive = S3Archive::connect(&url, key(), Limits::default()).await.unwrap();
    let (id, bytes) = segment(RUN, 100);
    for _ in 0..2 {
        let stored = archive.put(RUN, id, bytes.clone()).await.unwrap();
        assert_eq!(archive.read(&stored.object, 0, bytes.len() as u64).await.unwrap(), bytes);
    }
    archive.delete_run(RUN).await.unwrap();
    assert!(archive.list(RUN).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_of_many_objects_is_listed_and_deleted() {
    let server = S3::start().await;
    let archive = archive(&server, Limits::default()).await;
    let puts = (0..1_203).map(|_| archive.put(RUN, SegmentId::new(), Bytes::from_static(b"x")));
    for puts in puts.collect::<Vec<_>>().chunks_mut(50) {
        for put in futures::future::join_all(puts).await {
            put.unwrap();
        }
    }
    let list = archive.list(RUN).await.unwrap();
    assert!(list.len() == 1_203 && list.is_sorted());
    archive.delete_run(RUN).await.unwrap();
    assert!(archive.list(RUN).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_sdk_tries_again_what_may_pass() {
    let server = S3::start().await;
    let archive = archive(&server, Limits::default()).await;
    let (id, bytes) = segment(RUN, 100);
    server.faults().next([Fault::Unavailable, Fault::Unavailable]);
    let stored = archive.put(RUN, id, bytes.clone()).await.unwrap();
    server.faults().next([Fault::Unavailable]);
    assert_eq!(archive.read(&stored.object, 0, bytes.len() as u64).await.unwrap(), bytes);
    // Stored, told to have failed, tried again, found there: stored.
    server.faults().next([Fault::LostAnswer]);
    let (id, bytes) = segment(RUN, 200);
    let stored = archive.put(RUN, id, bytes.clone()).await.unwrap();
    assert_eq!(archive.read(&stored.object, 0, bytes.len() as u64).await.unwrap(), bytes);
    assert_eq!(server.faults().met(), 4);
    // Not for ever.
    server.faults().always(Some(Fault::Unavailable));
    let error = archive.put(RUN, SegmentId::new(), bytes).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(server.faults().met(), 4 + 3);
}

#[tokio::test]
async fn every_fault_has_its_meaning() {
    let server = S3::start().await;
    let archive = archive(&server, one_try()).await;
    let (id, bytes) = segment(RUN, 100);
    let stored = archive.put(RUN, id, bytes.clone()).await.unwrap();
    for fault in [Fault::Unavailable, Fault::Conflict, Fault::Expired, Fault::LostAnswer] {
        server.faults().next([fault]);
        let put = archive.put(RUN, SegmentId::new(), bytes.clone()).await.unwrap_err();
        assert!(matches!(put, ArchiveError::Unavailable(_)), "{fault:?}: {put}");
        server.faults().next([fault]);
        let read = archive.read(&stored.object, 0, 10).await.unwrap_err();
        assert!(matches!(read, ArchiveError::Unavailable(_)), "{fault:?}: {read}");
    }
    for fault in [Fault::Forbidden, Fault::NoBucket] {
        server.faults().next([fault]);
        let put = archive.put(RUN, SegmentId::new(), bytes.clone()).await.unwrap_err();
        assert!(matches!(put, ArchiveError::Refused(_)), "{fault:?}: {put}");
        server.faults().next([fault]);
        // A bucket that is gone is no lost segment.
        let read = archive.read(&stored.object, 0, 10).await.unwrap_err();
        assert!(matches!(read, ArchiveError::Refused(_)), "{fault:?}: {read}");
    }
    server.faults().next([Fault::Full]);
    let full = archive.put(RUN, SegmentId::new(), bytes.clone()).await.unwrap_err();
    assert!(matches!(full, ArchiveError::Full(_)), "{full}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let server = S3::start().await;
    let archive = archive(&server, one_try()).await;
    let (id, bytes) = segment(RUN, 90_000);
    let stored = archive.put(RUN, id, bytes.clone()).await.unwrap();
    server.faults().next([Fault::CutOff]);
    let error = archive.read(&stored.object, 0, bytes.len() as u64).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Unavailable(_)), "{error}");
    assert_eq!(archive.read(&stored.object, 0, bytes.len() as u64).await.unwrap(), bytes);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let server = S3::start().await;
    let limits =
        Limits { attempt: Duration::from_millis(100), call: Duration::from_millis(350), ..Limits::default() };
    let archive = archive(&server, limits).await;
    let (id, bytes) = segment(RUN, 100);
    server.faults().always(Some(Fault::Late));
    let error = archive.put(RUN, id, bytes.clone()).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Unavailable(_)), "{error}");
    let error = archive.list(RUN).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Unavailable(_)), "{error}");
    server.faults().always(None);
    archive.put(RUN, id, bytes).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_key_that_is_wrong() {
    let nobody = S3Archive::connect("s3://x?endpoint=http://127.0.0.1:1&path_style=true", key(), one_try());
    let error = nobody.await.unwrap().list(RUN).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Unavailable(_)), "{error}");
    let server = S3::start().await;
    let access = Access::Key { id: KEY_ID.into(), secret: "another".into() };
    let archive = S3Archive::connect(&server.url(BUCKET, "x"), access, one_try()).await.unwrap();
    let error = archive.list(RUN).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Refused(_)), "{error}");
    assert!(error.to_string().contains("403 SignatureDoesNotMatch"), "{error}");
}

#[tokio::test]
async fn the_bucket_is_made_once() {
    let server = S3::start().await;
    let archive = S3Archive::connect(&server.url("fresh", "x"), key(), one_try()).await.unwrap();
    archive.make_bucket().await.unwrap();
    archive.make_bucket().await.unwrap();
    let (id, bytes) = segment(RUN, 100);
    archive.put(RUN, id, bytes).await.unwrap();
}
