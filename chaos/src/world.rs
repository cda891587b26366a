//! Everything at once: sites, servers, a fleet, and a look into the store.

use crate::fleet::{Fleet, Settings, Size};
use crate::process::Role;
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
    /// Where the API listens, if there is one.
    pub api: String,
    /// An address that webhooks may call.
    pub hook: String,
    allow: String,
}

impl World {
    /// Starts all of it. Logs go to `folder`.
    ///
    /// # Panics
    /// If a part cannot be had.
    pub async fn start(sites: Sites, size: &Size, settings: &Settings, folder: &Path) -> Self {
        World::over(Servers::start().await, sites, size, settings, folder).await
    }

    /// The same over servers that are there.
    ///
    /// # Panics
    /// If a part cannot be had.
    pub async fn over(
        servers: Servers,
        sites: Sites,
        size: &Size,
        settings: &Settings,
        folder: &Path,
    ) -> Self {
        let (api, hook) = (free("127.0.0.1"), free("127.0.0.9"));
        let allow = format!("{},{hook}", sites.allow());
        let fleet = Fleet::start(&servers, size, settings, &allow, folder).await;
        let access = Access::Key {
            id: testkit::servers::s3::KEY_ID.into(),
            secret: testkit::servers::s3::SECRET.into(),
        };
        let url = servers.archive_url();
        let archive = S3Archive::connect(&url, access, Limits::default());
        World { archive: archive.await.expect("an archive"), sites, servers, fleet, api, hook, allow }
    }

    /// An API as well, that whoever reaches it may use.
    pub async fn with_api(mut self, folder: &Path) -> Self {
        let settings = [
            ("HARVESTMAN_API_LISTEN", &*self.api),
            ("HARVESTMAN_API_OPEN", "true"),
            // An unanswered request is taken for dead after twice this.
            ("HARVESTMAN_API_TIMEOUT_MS", "3000"),
        ];
        self.fleet.add(Role::Api, 0, &self.servers, &settings, &self.allow, folder).await;
        self
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

/// An address that is free, and stays so while nobody listens.
fn free(address: &str) -> String {
    format!("{address}:{}", testkit::servers::free_port().expect("a port"))
}
