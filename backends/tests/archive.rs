//! The archive suite over the archives in memory and on files, and what only files can go through.

use backends::file::{FileArchive, FileOptions};
use backends::memory::MemoryArchive;
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::RunId;
use shared::ports::{Archive, ArchiveError};
use shared::warc;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use testkit::suites::archive::{all_is_whole_warc, run, segment};

const RUN: RunId = RunId(7);

#[tokio::test]
async fn in_memory() {
    let worlds: Mutex<HashMap<String, Arc<MemoryArchive>>> = Mutex::default();
    let make =
        async |name: &str| worlds.lock().entry(name.to_owned()).or_default().clone() as Arc<dyn Archive>;
    run(make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_files() {
    let folder = tempfile::tempdir().unwrap();
    let open = async |name: &str| {
        Arc::new(FileArchive::open(folder.path().join(name)).await.unwrap()) as Arc<dyn Archive>
    };
    run(open).await;
}

#[tokio::test]
async fn on_files_that_are_rolled_all_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let options = FileOptions { roll: 2_000, open_files: 1, ..FileOptions::default() };
    let open = async |name: &str| {
        let archive = FileArchive::open_with(folder.path().join(name), options.clone());
        Arc::new(archive.await.unwrap()) as Arc<dyn Archive>
    };
    run(open).await;
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(root.join("runs/7")).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

/// The archive as a crash at this moment would leave it, under another root.
fn crashed(root: &Path, copy: &Path) -> PathBuf {
    fs::create_dir_all(copy.join("runs/7")).unwrap();
    let [open] = &files(root)[..] else { panic!("one file") };
    let left = copy.join("runs/7").join(open.file_name().unwrap());
    fs::copy(open, &left).unwrap();
    left
}

#[tokio::test]
async fn a_torn_end_is_cut_off_wherever_it_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("first");
    let archive = FileArchive::open(&root).await.unwrap();
    let (id, kept) = segment(RUN, 3_000);
    let place = archive.put(RUN, id, kept.clone()).await.unwrap();
    let (_, torn) = segment(RUN, 700);
    let members: Vec<u64> = warc::members(&torn).map(|m| m.map(|m| m.offset + m.len).unwrap()).collect();
    for cut in [0, 1, 5, members[0], members[1] - 1, torn.len() as u64 - 1] {
        let copy = folder.path().join(format!("torn at {cut}"));
        let left = crashed(&root, &copy);
        let mut bytes = fs::read(&left).unwrap();
        assert!(left.to_str().unwrap().ends_with(".warc.gz.open"));
        bytes.extend_from_slice(&torn[..cut as usize]);
        // A file system may also have made the file longer than what was written to it. (Were
        // these zeros, they would complete a member that lacks its last byte, which is one.)
        bytes.extend_from_slice(&[0xaa; 100]);
        fs::write(&left, bytes).unwrap();

        let again = FileArchive::open(&copy).await.unwrap();
        all_is_whole_warc(&again, RUN).await;
        let whole = members.iter().filter(|end| **end <= cut).max().unwrap_or(&0);
        let [(object, size)] = &again.list(RUN).await.unwrap()[..] else { panic!("one object") };
        assert_eq!((object, *size), (&place.object, kept.len() as u64 + whole));
        assert_eq!(again.read(object, place.offset, kept.len() as u64).await.unwrap(), kept);
        // The next segment goes to a file of its own.
        let next = again.put(RUN, id, kept.clone()).await.unwrap();
        assert!(next.object > place.object && next.offset == 0, "{next:?}");
    }
}

#[tokio::test]
async fn a_left_file_without_a_whole_record_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("runs/7")).unwrap();
    fs::write(folder.path().join("runs/7/20260101000000-00000.warc.gz.open"), b"\x1f\x8b\x08").unwrap();
    fs::write(folder.path().join("runs/7/20260101000000-00001.warc.gz.open"), b"").unwrap();
    fs::write(folder.path().join("runs/7/notes.open"), b"not ours").unwrap();
    let archive = FileArchive::open(folder.path()).await.unwrap();
    assert!(archive.list(RUN).await.unwrap().is_empty());
    assert_eq!(files(folder.path()), [folder.path().join("runs/7/notes.open")]);
}

#[tokio::test]
async fn files_are_closed_under_the_name_that_was_given_out() {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::open(folder.path()).await.unwrap();
    let (id, bytes) = segment(RUN, 10);
    let place = archive.put(RUN, id, bytes.clone()).await.unwrap();
    let second = archive.put(RUN, id, bytes.clone()).await.unwrap();
    assert_eq!((second.object, second.offset), (place.object.clone(), bytes.len() as u64));
    let closed = folder.path().join(&place.object);
    assert!(!closed.exists());
    archive.close().await;
    assert_eq!(files(folder.path()), std::slice::from_ref(&closed));
    assert_eq!(fs::read(&closed).unwrap(), [&bytes[..], &bytes].concat());
    assert_eq!(archive.read(&place.object, 0, bytes.len() as u64).await.unwrap(), bytes);
    let third = archive.put(RUN, id, bytes).await.unwrap();
    assert!(third.object > place.object);
}

#[tokio::test]
async fn two_processes_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (id, bytes) = segment(RUN, 10);
    let first = FileArchive::open(folder.path()).await.unwrap();
    let one = first.put(RUN, id, bytes.clone()).await.unwrap();
    let second = FileArchive::open(folder.path()).await.unwrap();
    let two = second.put(RUN, id, bytes.clone()).await.unwrap();
    assert_ne!(one.object, two.object);
    let three = first.put(RUN, id, bytes.clone()).await.unwrap();
    assert_eq!(three.object, one.object);
    for place in [&one, &two, &three] {
        for archive in [&first, &second] {
            assert_eq!(archive.read(&place.object, place.offset, bytes.len() as u64).await.unwrap(), bytes);
        }
    }
    all_is_whole_warc(&second, RUN).await;
}

#[tokio::test]
async fn a_put_that_nobody_waits_for_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::open(folder.path()).await.unwrap();
    let (id, bytes) = segment(RUN, 10);
    for _ in 0..20 {
        let mut put = archive.put(RUN, id, bytes.clone());
        std::future::poll_fn(|cx| std::task::Poll::Ready(put.as_mut().poll(cx).is_pending())).await;
    }
    let place = archive.put(RUN, id, bytes.clone()).await.unwrap();
    assert_eq!(archive.read(&place.object, place.offset, bytes.len() as u64).await.unwrap(), bytes);
    all_is_whole_warc(&archive, RUN).await;
}

#[tokio::test]
async fn a_root_that_is_no_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = FileArchive::open(file.join("archive")).await.err().expect("no archive");
    assert!(matches!(error, ArchiveError::Refused(_)), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_vanished_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::open(folder.path()).await.unwrap();
    let (id, _) = segment(RUN, 10);
    archive.put(RUN, id, Bytes::from_static(b"x")).await.unwrap();
    archive.delete_run(RUN).await.unwrap();
    fs::remove_dir_all(folder.path().join("runs")).unwrap();
    archive.put(RUN, id, Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(files(folder.path()).len(), 1);
}
