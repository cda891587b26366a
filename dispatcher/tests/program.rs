//! The program that is deployed: its settings, what it says to bad use, and that nobody is there.

use std::process::{Command, Output};

fn dispatcher(words: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harvestman-dispatcher"));
    command.args(words).envs(settings.iter().copied()).output().unwrap()
}

#[test]
fn bad_use_is_2_and_names_what_is_wrong() {
    for (words, settings, said) in [
        (&["serve"][..], &[][..], "`serve` is not understood"),
        (&[], &[("HARVESTMAN_STORE", "mysql://x/y")], "HARVESTMAN_STORE"),
        (&[], &[("HARVESTMAN_DISPATCHER_LEASE_URL", "5")], "is `dispatcher_lease_urls` meant?"),
        (&[], &[("HARVESTMAN_OTLP_ENDPOINT", "collector:4318")], "HARVESTMAN_OTLP_ENDPOINT"),
    ] {
        let admin = ("HARVESTMAN_ADMIN_LISTEN", "127.0.0.1:0");
        let ended = dispatcher(words, &[&[admin], settings].concat());
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn a_health_check_of_nobody_fails() {
    // Port 9 of this machine discards, where anybody listens at all.
    let ended = dispatcher(&["healthcheck"], &[("HARVESTMAN_ADMIN_LISTEN", "127.0.0.1:9")]);
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn it_shows_its_settings_and_no_secret() {
    let store = ("HARVESTMAN_STORE", "postgres://harvestman:hush@db.example/harvestman");
    let output = dispatcher(&["--print-config"], &[store]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("db.example") && shown.contains("lease_urls"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}
