//! Hosts that do not answer, or do not want to.

use crate::common::world::clean;
use crate::common::{Call, World};
use std::ffi::OsStr;
use testkit::site::RobotsKnob;

async fn fails(url: &str, flags: &[&str], words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let call = Call::of(["crawl", url, "--give-up", "2s", "--quiet"]).with(flags);
    call.with([OsStr::new("--data"), folder.path().as_os_str()]).end().await.says(1, words);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.3:{port}/");
    fails(&url, &[], &["no page", "robots_unreachable", "check the address", "--give-up"]).await;
    fails(&url, &["--ignore-robots"], &["no page", "check the address", "--give-up"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_nobody_has() {
    // RFC 6761 6.4: `invalid` never resolves.
    fails("http://nowhere.invalid/", &["--ignore-robots"], &["no page", "check"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_denies_everything() {
    let world = World::of(clean(10)).await;
    let text = Some("User-agent: *\nDisallow: /\n".to_owned());
    world.site.turn(|knobs| knobs.robots = RobotsKnob { text, ..RobotsKnob::default() });
    fails(world.site.origin(), &[], &["no page", "robots_denied", "allows none"]).await;
    assert_eq!(world.site.log().len(), 1, "robots.txt alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_whose_robots_txt_fails() {
    let world = World::of(clean(10)).await;
    world.site.turn(|knobs| knobs.robots.status = Some(503));
    fails(world.site.origin(), &[], &["robots_unreachable"]).await;
    assert!(world.site.log().hits().iter().all(|hit| hit.target == "/robots.txt"));
}
