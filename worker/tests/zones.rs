//! Zones, seen in what is linked: hostile bytes are fetched where no database is.

use std::process::Command;

#[test]
fn a_worker_has_no_database_driver_in_it() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "-p",
            "harvestman-worker",
            "-e",
            "normal",
            "--prefix",
            "none",
            "-f",
            "{p}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("lapin ") && tree.contains("aws-sdk-s3 "), "{tree}");
    for driver in ["sqlx", "libsqlite3", "tokio-postgres", "rusqlite"] {
        assert!(!tree.lines().any(|line| line.starts_with(driver)), "{driver} is in the worker");
    }
}
