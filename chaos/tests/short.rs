//! The kill matrix in short: what breaks most often in the field, one round each, over real servers. The whole of it is
//! `make chaos`.
//!
//! The programs are those that `cargo test --workspace` has built.

use chaos::matrix::{self, Plan};

/// The API killed while it writes files into the archive; each service killed, one dead after a segment was stored; the broker killed, the database restarted, an
/// archive that answers 503, and one behind a black hole.
const LINES: [&str; 9] = ["F3b", "F9c", "F13", "F17b", "F22b", "F27", "F32", "F36", "F38b"];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_nothing_is_lost() {
    // Kept where it fails: whoever looks for the reason wants the logs.
    let folder = tempfile::Builder::new().prefix("harvestman-short-").tempdir().expect("a folder").keep();
    let plan = Plan { seed: 1, rounds: 1, only: LINES.map(str::to_owned).into(), table: None, short: true };
    let good = matrix::play(&plan, &folder).await.expect("lines that there are");
    assert!(good, "lines are broken, see above; the logs are in {}", folder.display());
    std::fs::remove_dir_all(folder).expect("the folder goes");
}
