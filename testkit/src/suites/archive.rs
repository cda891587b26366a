//! The suite of [`shared::ports::archive`].

use super::soon;
use bytes::Bytes;
use futures::future::join_all;
use shared::clock::Timestamp;
use shared::ids::{Incarnation, RunId, SegmentId};
use shared::ports::{Archive, ArchiveError, Stored, Upload};
use shared::warc::{self, SegmentWriter};
use std::sync::Arc;

const RUN: RunId = RunId(7);

/// Runs the whole suite.
///
/// # Panics
/// Where the contract is broken.
pub async fn run(make: impl AsyncFn(&str) -> Arc<dyn Archive>) {
    what_is_put_is_read_by_any_range(&*make("ranges").await).await;
    objects_are_named_by_run_and_listed_in_order(&*make("names").await).await;
    a_segment_may_be_put_twice(&*make("twice").await).await;
    many_at_once_are_all_there(&*make("many").await).await;
    other_names_are_not_found(&*make("traversal").await).await;
    a_run_is_deleted_alone_and_again(&*make("delete").await).await;
    what_was_put_outlives_a_restart(&make).await;
    a_file_is_there_when_it_is_whole(&make).await;
    a_file_that_is_given_up_was_never_there(&*make("abandoned").await).await;
    files_have_names_of_their_own(&*make("files").await).await;
}

/// A small segment with a page of this size in it.
pub fn segment(run: RunId, page: usize) -> (SegmentId, Bytes) {
    let id = SegmentId::new();
    let mut writer = SegmentWriter::new(run, id, Incarnation::new("suite"), Timestamp(1_000));
    let none = http::HeaderMap::new();
    let body: Vec<u8> = (0..page).map(|n| (n * n / 251) as u8).collect();
    writer.exchange(&warc::Exchange {
        url: "https://example.com/",
        at: Timestamp(1_000),
        peer: None,
        method: "GET",
        request_headers: &none,
        version: http::Version::HTTP_11,
        status: http::StatusCode::OK,
        response_headers: &none,
        body: &body,
        truncated: None,
        rendered: None,
    });
    (id, writer.finish(Vec::new()))
}

/// Every object of a run is whole WARC, to the last byte.
///
/// # Panics
/// If one is not.
pub async fn all_is_whole_warc(archive: &dyn Archive, run: RunId) {
    for (object, size) in archive.list(run).await.expect("a list") {
        let bytes = archive.read(&object, 0, size).await.expect("a whole object");
        assert_eq!(warc::whole_prefix(&bytes[..]).expect("no read error"), size, "{object}");
        for span in warc::members(&bytes) {
            let record = warc::record(&bytes, span.expect("a member")).expect("a record");
            assert!(record.header("warc-record-id").is_some(), "{object}");
        }
    }
}

async fn put(archive: &dyn Archive, run: RunId, page: usize) -> (Stored, Bytes) {
    let (id, bytes) = segment(run, page);
    let stored = soon("put", archive.put(run, id, bytes.clone())).await.expect("stored");
    (stored, bytes)
}

async fn there(archive: &dyn Archive, stored: &Stored, bytes: &Bytes) {
    let read = archive.read(&stored.object, stored.offset, bytes.len() as u64).await.expect("read");
    assert_eq!(&read, bytes, "{stored:?}");
}

async fn what_is_put_is_read_by_any_range(archive: &dyn Archive) {
    for page in [0, 100, 70_000] {
        let (stored, bytes) = put(archive, RUN, page).await;
        there(archive, &stored, &bytes).await;
        let len = bytes.len() as u64;
        for (begin, end) in [(0, 1), (1, 1), (3, len / 2), (len - 1, len), (len, len)] {
            let part =
                archive.read(&stored.object, stored.offset + begin, end - begin).await.expect("a part");
            assert_eq!(part, bytes.slice(begin as usize..end as usize));
        }
        let objects = archive.list(RUN).await.expect("a list");
        let size = objects.iter().find(|(name, _)| *name == stored.object).expect("listed").1;
        for (offset, len) in [(0, size + 1), (size, 1), (size + 9, 0), (u64::MAX, 2), (1, u64::MAX)] {
            let short = archive.read(&stored.object, offset, len).await.expect_err("nothing there");
            let ArchiveError::Short { object, end } = short else { panic!("{short:?}") };
            assert_eq!((object, end), (stored.object.clone(), offset.saturating_add(len)));
        }
    }
    all_is_whole_warc(archive, RUN).await;
}

async fn objects_are_named_by_run_and_listed_in_order(archive: &dyn Archive) {
    assert!(archive.list(RUN).await.expect("a list").is_empty());
    let mut places = Vec::new();
    for _ in 0..3 {
        let (stored, bytes) = put(archive, RUN, 10).await;
        assert!(stored.object.starts_with("runs/7/") && stored.object.ends_with(".warc.gz"), "{stored:?}");
        places.push((stored, bytes));
    }
    // A run whose number begins alike is another run.
    let (other, _) = put(archive, RunId(70), 10).await;
    assert!(other.object.starts_with("runs/70/"));
    let objects = archive.list(RUN).await.expect("a list");
    assert!(objects.is_sorted() && !objects.is_empty(), "{objects:?}");
    let total: usize = places.iter().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!(objects.iter().map(|(_, size)| size).sum::<u64>(), total as u64);
    for (stored, bytes) in &places {
        assert!(objects.iter().any(|(name, _)| *name == stored.object));
        there(archive, stored, bytes).await;
    }
}

async fn a_segment_may_be_put_twice(archive: &dyn Archive) {
    let (id, bytes) = segment(RUN, 500);
    for _ in 0..2 {
        let stored = archive.put(RUN, id, bytes.clone()).await.expect("stored");
        there(archive, &stored, &bytes).await;
    }
    all_is_whole_warc(archive, RUN).await;
}

async fn many_at_once_are_all_there(archive: &dyn Archive) {
    let segments: Vec<_> = (0..24).map(|n| (RunId(n % 3), segment(RunId(n % 3), n as usize * 300))).collect();
    let all = join_all(segments.iter().map(|(run, (id, bytes))| archive.put(*run, *id, bytes.clone())));
    for ((_, (_, bytes)), stored) in segments.iter().zip(soon("puts", all).await) {
        there(archive, &stored.expect("stored"), bytes).await;
    }
    for run in 0..3 {
        all_is_whole_warc(archive, RunId(run)).await;
    }
}

async fn other_names_are_not_found(archive: &dyn Archive) {
    let (stored, _) = put(archive, RUN, 10).await;
    let name = stored.object.rsplit('/').next().expect("a name");
    for object in [
        String::new(),
        "runs".into(),
        "runs/7".into(),
        "runs/7/".into(),
        "runs/7/none.warc.gz".into(),
        "runs/8/none.warc.gz".into(),
        format!("/runs/7/{name}"),
        format!("./runs/7/{name}"),
        format!("runs/../runs/7/{name}"),
        format!("runs/7/../7/{name}"),
        format!("runs//7/{name}"),
        format!("runs/07/{name}"),
        format!("runs/7/{name}/"),
        format!("runs/7/{name}\0"),
        "../../../../../../etc/passwd".into(),
        "runs/7/../../../../../../etc/hostname".into(),
    ] {
        let error = archive.read(&object, 0, 1).await.expect_err("no such object");
        assert!(matches!(&error, ArchiveError::NotFound(name) if *name == object), "{object:?}: {error:?}");
        assert!(!error.is_retryable());
    }
}

async fn a_run_is_deleted_alone_and_again(archive: &dyn Archive) {
    let (gone, _) = put(archive, RUN, 10).await;
    let (stays, bytes) = put(archive, RunId(70), 10).await;
    for _ in 0..2 {
        archive.delete_run(RUN).await.expect("deleted");
        assert!(matches!(archive.read(&gone.object, 0, 1).await, Err(ArchiveError::NotFound(_))));
        assert!(archive.list(RUN).await.expect("a list").is_empty());
    }
    there(archive, &stays, &bytes).await;
    let (anew, bytes) = put(archive, RUN, 20).await;
    there(archive, &anew, &bytes).await;
    assert_eq!(archive.list(RUN).await.expect("a list").len(), 1);
}

async fn what_was_put_outlives_a_restart(make: &impl AsyncFn(&str) -> Arc<dyn Archive>) {
    let mut places = Vec::new();
    for _ in 0..3 {
        let archive = make("restart").await;
        places.push(put(&*archive, RUN, 50).await);
        for (stored, bytes) in &places {
            there(&*archive, stored, bytes).await;
        }
        all_is_whole_warc(&*archive, RUN).await;
    }
    let archive = make("restart").await;
    let total: usize = places.iter().map(|(_, bytes)| bytes.len()).sum();
    let listed: u64 = archive.list(RUN).await.expect("a list").iter().map(|(_, size)| size).sum();
    assert_eq!(listed, total as u64);
}

/// Bytes that are no WARC.
fn some(len: usize) -> Bytes {
    (0..len).map(|n| (n % 251) as u8).collect()
}

async fn write(upload: &mut dyn Upload, bytes: &Bytes) {
    for begin in (0..bytes.len()).step_by(3 << 20) {
        let piece = bytes.slice(begin..bytes.len().min(begin + (3 << 20)));
        soon("write", upload.write(piece)).await.expect("written");
    }
}

async fn is_missing(archive: &dyn Archive, object: &str) {
    let read = archive.read(object, 0, 1).await;
    assert!(matches!(read, Err(ArchiveError::NotFound(_))), "{object}: {read:?}");
}

async fn a_file_is_there_when_it_is_whole(make: &impl AsyncFn(&str) -> Arc<dyn Archive>) {
    let archive = make("outlive").await;
    let (segment, _) = put(&*archive, RUN, 10).await;
    // Nothing, a little, and what goes up in parts.
    for (len, name) in [(0, "empty.csv"), (5, "small-1.jsonl"), ((17 << 20) + 5, "large_1.x.parquet")] {
        let object = format!("runs/7/{name}");
        let bytes = some(len);
        let mut upload = archive.begin(RUN, name).await.expect("begun");
        write(&mut *upload, &bytes).await;
        is_missing(&*archive, &object).await;
        let finished = soon("finish", upload.finish()).await.expect("finished");
        assert_eq!(finished, object);
        for archive in [&archive, &make("outlive").await] {
            let read = soon("read", archive.read(&object, 0, len as u64)).await.expect("read");
            assert!(read == bytes, "{name} is another one");
            assert!(matches!(archive.read(&object, 1, len as u64).await, Err(ArchiveError::Short { .. })));
            if len > 2 {
                assert_eq!(
                    archive.read(&object, len as u64 - 2, 2).await.expect("its end"),
                    bytes.slice(len - 2..)
                );
            }
        }
    }
    let listed = archive.list(RUN).await.expect("a list");
    assert_eq!(listed.iter().map(|(name, _)| name).collect::<Vec<_>>(), [&segment.object]);
    archive.delete_run(RUN).await.expect("deleted");
    for name in ["empty.csv", "small-1.jsonl", "large_1.x.parquet"] {
        is_missing(&*archive, &format!("runs/7/{name}")).await;
    }
}

async fn a_file_that_is_given_up_was_never_there(archive: &dyn Archive) {
    for len in [5, 9 << 20] {
        let bytes = some(len);
        // Names of their own: the test's S3 gives an object that went up in parts the checksum of the one that was there before.
        let (name, object) = (format!("{len}.csv"), format!("runs/7/{len}.csv"));
        let mut given_up = archive.begin(RUN, &name).await.expect("begun");
        write(&mut *given_up, &bytes).await;
        given_up.abandon().await;
        is_missing(archive, &object).await;
        // Whoever made it died.
        let mut dropped = archive.begin(RUN, &name).await.expect("begun");
        write(&mut *dropped, &bytes).await;
        drop(dropped);
        is_missing(archive, &object).await;
        let mut upload = archive.begin(RUN, &name).await.expect("begun anew");
        write(&mut *upload, &bytes).await;
        upload.finish().await.expect("finished");
        assert!(archive.read(&object, 0, len as u64).await.expect("read") == bytes);
        // One that was finished is replaced as a whole.
        let mut again = archive.begin(RUN, &name).await.expect("begun again");
        again.write(Bytes::from_static(b"other")).await.expect("written");
        assert!(archive.read(&object, 0, len as u64).await.expect("read") == bytes);
        again.finish().await.expect("finished");
        assert_eq!(archive.read(&object, 0, 5).await.expect("read"), "other");
        for _ in 0..2 {
            archive.remove(&object).await.expect("removed");
            is_missing(archive, &object).await;
        }
    }
}

async fn files_have_names_of_their_own(archive: &dyn Archive) {
    let (stored, bytes) = put(archive, RUN, 10).await;
    let long = format!("{}.csv", "a".repeat(300));
    for name in ["", ".csv", "a", "a.warc.gz", "../a.csv", "a/b.csv", "/a.csv", "a.csv\0", "a b.csv", &long] {
        let begun = archive.begin(RUN, name).await;
        assert!(matches!(begun, Err(ArchiveError::Refused(_))), "{name:?}");
    }
    for object in [&*stored.object, "runs/7/../7/a.csv", "a.csv", "../../etc/passwd", ""] {
        let removed = archive.remove(object).await;
        assert!(matches!(removed, Err(ArchiveError::NotFound(_))), "{object:?}: {removed:?}");
    }
    there(archive, &stored, &bytes).await;
}
