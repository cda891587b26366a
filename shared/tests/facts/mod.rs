//! Conformance facts that may lie beside the checkout; without them the tests have nothing to ask.

use std::path::Path;

/// A file of facts, if there is one.
pub fn read(name: &str) -> Option<serde_json::Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance").join(name);
    let Ok(text) = std::fs::read(&path) else {
        println!("no facts at {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&text).expect("facts in JSON"))
}
