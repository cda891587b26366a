//! A disk without room. Needs the right to mount a small one.

use crate::common::World;
use crate::common::world::clean;
use std::path::PathBuf;
use std::process::Command;

/// A file system of so many KiB; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None, and a word about it, where mounting is not allowed.
    fn mount(at: PathBuf, kib: u32) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let size = format!("size={kib}k");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&at).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(SmallDisk(at));
        }
        eprintln!("SKIPPED: no right to mount a small disk; run as root to test a full one");
        None
    }

    fn resize(&self, kib: u32) {
        let size = format!("remount,size={kib}k");
        assert!(Command::new("mount").args(["-o", &size]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_ends_the_run_and_with_room_it_goes_on() {
    let world = World::of(clean(300)).await;
    let Some(disk) = SmallDisk::mount(world.data(), 1_200) else { return };
    world.crawl().end().await.says(1, &["room", "resume"]);

    disk.resize(50_000);
    let ended = world.crawl().with(["--resume"]).end().await.done();
    assert_eq!(ended.summary()["counts"]["pages"], 300);
    let verdict = world.verdict();
    assert!(verdict.lost.is_empty() && verdict.missing_records.is_empty(), "{verdict}");
    assert!(verdict.duplicated.is_empty() && verdict.wrong_records.is_empty(), "{verdict}");
    crate::common::warc::every_file_is_right(&world.data()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_too_small_to_begin_with() {
    let world = World::of(clean(10)).await;
    let Some(_disk) = SmallDisk::mount(world.data(), 64) else { return };
    world.crawl().end().await.says(1, &["room"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_room_for_the_output() {
    let world = World::of(clean(300)).await;
    let Some(disk) = SmallDisk::mount(world.path("out"), 16) else { return };
    let out = disk.0.join("records.jsonl");
    let call = || world.crawl_job(&world.job()).with(["--out".as_ref(), out.as_os_str()]);
    call().end().await.says(1, &["--out", "records.jsonl", "No space left"]);
    disk.resize(4_000);
    call().with(["--resume"]).end().await.done();
    assert_eq!(crate::common::records::jsonl(&out).len(), 299);
}
