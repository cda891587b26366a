//! Everything at once: sites, servers, a fleet, and a look into the store.

use crate::fleet::{Fleet, Settings, Size};
use crate::servers::Servers;
use crate::sites::Sites;
use backends::postgres::PostgresStore;
use backends::s3::{Access, Limits, S3Archive};
use shared::ids::RunId;
use shared::job::Job;
use shared::ports::store::{NewRun, Runs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The web, the servers and the fleet.
pub struct World {
    /// The web.
    pub sites: Sites,
    /// The servers.
    pub servers: Servers,
    /// The fleet.
    pub fleet: Fleet,
    /// The archive, as the judge reads it.
    pub archive: S3Archive,
}

impl World {
    /// Starts all of it. Logs go to `folder`.
    ///
    /// # Panics
    /// If a part cannot be had.
    pub async fn start(sites: Sites, size: &Size, settings: &Settings, folder: &Path) -> Self {
        let servers = Servers::start().await;
        let fleet = Fleet::start(&servers, size, settings, &sites.allow(), folder).await;
        let access = Access::Key {
            id: testkit::servers::s3::KEY_ID.into(),
            secret: testkit::servers::s3::SECRET.into(),
        };
        let url = servers.archive_url();
        let archive = S3Archive::connect(&url, access, Limits::default());
        World { archive: archive.await.expect("an archive"), sites, servers, fleet }
    }

    /// A look into the store, as often as it takes.
    pub async fn store(&self) -> PostgresStore {
        loop {
            match self.servers.store().await {
                Ok(store) => return store,
                Err(error) if error.is_retryable() => tokio::time::sleep(Duration::from_millis(200)).await,
                Err(error) => panic!("the judge's store: {error}"),
            }
        }
    }

    /// Begins a run.
    ///
    /// # Panics
    /// If the store refuses.
    pub async fn begin(&self, job: Job) -> RunId {
        self.store().await.create_run(NewRun::of(Arc::new(job))).await.expect("a run")
    }
}
