//! The committed JSON Schema is the one that the types make. `make schema` writes it anew.
#![cfg(feature = "schema")]

use std::path::Path;

#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let made = format!("{:#}\n", shared::job::schema());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/job.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(made == committed, "docs/job.schema.json is old: run `make schema`");
}
