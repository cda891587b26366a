//! The data folder: database and archive, held by one process at a time.

use anyhow::Context;
use backends::file::FileArchive;
use backends::sqlite::SqliteStore;
use shared::clock::{Clock, SystemClock};
use shared::ports::{Store, StoreError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A data folder that is this process's alone; nothing runs yet.
pub struct Folder {
    pub store: Arc<dyn Store>,
    pub(super) archive: Arc<FileArchive>,
    pub(super) clock: Arc<dyn Clock>,
}

/// How long a host is left alone whose lease a former process held.
const PAUSE: Duration = Duration::from_secs(1);
/// The same, while nobody knows what delay its robots.txt names.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(10);

impl Folder {
    /// Opens the data folder, and frees what a former process held.
    ///
    /// # Errors
    /// A folder that another process has, that cannot be written, or that is not harvestman's.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        std::fs::create_dir_all(folder)
            .with_context(|| format!("--data: cannot make the folder {}", folder.display()))?;
        let store: Arc<dyn Store> = Arc::new(database(&folder.join("harvestman.db"), clock.clone()).await?);
        let archive = Arc::new(FileArchive::open(&folder.join("archive")).await?);
        store.lapse_all(PAUSE, UNKNOWN_PAUSE).await?;
        Ok(Folder { store, archive, clock })
    }
}

async fn database(path: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(path, clock).await.map_err(|error| match error {
        StoreError::Corrupt(why) => anyhow::anyhow!(
            "{}: {why}; it is damaged, or not harvestman's: use another data folder",
            path.display()
        ),
        other => other.into(),
    })
}
