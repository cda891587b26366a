//! The database that a process left behind.

use backends::sqlite::SqliteStore;
use shared::clock::SystemClock;
use shared::ids::RunId;
use shared::ports::store::{Audit, PageRow, PageSelection, Reads, RunSelection, RunSummary, Runs};
use std::path::Path;
use std::sync::Arc;

/// The books of a data folder that no process uses.
pub struct Books {
    store: SqliteStore,
}

impl Books {
    pub async fn open(data: &Path) -> Self {
        let store = SqliteStore::open(&data.join("harvestman.db"), Arc::new(SystemClock)).await.unwrap();
        Books { store }
    }

    /// All runs, newest first.
    pub async fn runs(&self) -> Vec<RunSummary> {
        self.store.runs(RunSelection::newest(1_000)).await.unwrap()
    }

    /// Every counter of the run is what its rows say.
    pub async fn are_right(&self, run: RunId) {
        assert_eq!(self.store.audit(run).await.unwrap(), [""; 0]);
    }

    /// Every closed URL of a run.
    pub async fn pages(&self, run: RunId) -> Vec<PageRow> {
        let mut pages = Vec::new();
        loop {
            let after = pages.last().map(|page: &PageRow| page.seq);
            let more = self
                .store
                .pages(PageSelection { after, limit: 1_000, ..PageSelection::of(run) })
                .await
                .unwrap();
            if more.is_empty() {
                return pages;
            }
            pages.extend(more);
        }
    }
}
