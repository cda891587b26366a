//! The program that is deployed.

use std::process::Command;

#[test]
fn it_shows_its_settings_and_no_secret() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_harvestman-dispatcher"));
    program.arg("--print-config").env("HARVESTMAN_STORE", "postgres://harvestman:hush@db.example/harvestman");
    let output = program.output().expect("it runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("db.example") && shown.contains("lease_urls"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}
