//! What a stage is given to begin with: its settings, its servers, the stop.

use crate::connect::{self, ConnectError};
use crate::health::{Health, Probe};
use crate::metered::{MeteredArchive, MeteredQueue};
use crate::settings::{BadSetting, Common, PREFIX, Settings};
use shared::pacing;
use shared::ports::{Archive, ArchiveError, Lane, Queue};
use std::future::Future;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// See the module.
pub struct Frame<C> {
    /// What all services are told.
    pub settings: Common,
    /// What this stage is told.
    pub config: C,
    /// Cancelled when the service is to end.
    pub stop: CancellationToken,
    health: Arc<Health>,
}

/// An object that no archive has: asked for, it shows whether the archive answers.
const NO_OBJECT: &str = "runs/0/none.warc.gz";

/// The longest pause between two tries to connect is that after so many.
const MOST_FAILURES: u32 = 5;

impl<C> Frame<C> {
    pub(crate) fn new(settings: Settings<C>, health: Arc<Health>, stop: CancellationToken) -> Self {
        Frame { settings: settings.common, config: settings.stage, stop, health }
    }

    /// All servers are there: `/readyz` says so from now on, as long as they answer.
    pub fn begins(&self) {
        self.health.begins();
        tracing::info!("ready");
    }

    /// These servers may go away while the stage works: `/readyz` names them, and stays ready. Else one broken broker would take every
    /// pod of a service out of its load balancer at once.
    pub fn works_without(&self, servers: &[&'static str]) {
        self.health.works_without(servers);
    }

    /// The store; waits for it.
    ///
    /// # Errors
    /// A URL that leads nowhere, or what another try would not mend.
    #[cfg(feature = "store")]
    pub async fn store(&self) -> anyhow::Result<Arc<dyn shared::ports::Store>> {
        use shared::ids::RunId;
        use shared::ports::StoreError;
        let clock = Arc::new(shared::clock::SystemClock);
        let store = self.wait("store", || connect::store(&self.settings.store, clock.clone())).await?;
        let asked = store.clone();
        let probe = move || {
            let store = asked.clone();
            async move {
                match store.summary(RunId(0)).await {
                    Ok(_) | Err(StoreError::NotFound(_)) => Ok(()),
                    Err(error) => Err(error.to_string()),
                }
            }
        };
        self.health.has("store", boxed(probe));
        Ok(store)
    }

    /// The queue; waits for it.
    ///
    /// # Errors
    /// A URL that leads nowhere, or what another try would not mend.
    pub async fn queue(&self) -> anyhow::Result<Arc<dyn Queue>> {
        let queue = self.wait("queue", || connect::queue(&self.settings.queue)).await?;
        let asked = queue.clone();
        let probe = move || {
            let queue = asked.clone();
            async move { queue.depth(&Lane::Dead).await.map(drop).map_err(|error| error.to_string()) }
        };
        self.health.has("queue", boxed(probe));
        Ok(Arc::new(MeteredQueue::new(queue)))
    }

    /// The archive; waits for it.
    ///
    /// # Errors
    /// A URL that leads nowhere, or what another try would not mend.
    pub async fn archive(&self) -> anyhow::Result<Arc<dyn Archive>> {
        let archive = self.wait("archive", || connect::archive(&self.settings.archive)).await?;
        let asked = archive.clone();
        let probe = move || {
            let archive = asked.clone();
            async move {
                match archive.read(NO_OBJECT, 0, 1).await {
                    Ok(_) | Err(ArchiveError::NotFound(_)) => Ok(()),
                    Err(error) => Err(error.to_string()),
                }
            }
        };
        self.health.has("archive", boxed(probe));
        Ok(Arc::new(MeteredArchive::new(archive)))
    }

    /// Tries until it is there. What a person must mend, or a stop, ends it.
    async fn wait<T, F>(&self, server: &'static str, connect: impl Fn() -> F) -> anyhow::Result<T>
    where
        F: Future<Output = Result<T, ConnectError>>,
    {
        // Some wait by themselves while they connect.
        self.health.waits_for(server, "not connected yet".into());
        let mut failures = 0;
        loop {
            let error = match self.stop.run_until_cancelled(connect()).await {
                None => anyhow::bail!("stopped while connecting to the {server}"),
                Some(Ok(there)) => return Ok(there),
                Some(Err(error)) if error.is_retryable() => error,
                Some(Err(error)) if error.is_bad_url() => {
                    let name = format!("{PREFIX}{}", server.to_ascii_uppercase());
                    return Err(BadSetting::new(name, error).into());
                }
                Some(Err(error)) => return Err(error.into()),
            };
            tracing::warn!(server, %error, "waiting for a server");
            self.health.waits_for(server, error.to_string());
            failures = (failures + 1).min(MOST_FAILURES);
            let pause = tokio::time::sleep(pacing::back_off(failures));
            if self.stop.run_until_cancelled(pause).await.is_none() {
                anyhow::bail!("stopped while waiting for the {server}: {error}");
            }
        }
    }
}

fn boxed<F>(probe: impl Fn() -> F + Send + Sync + 'static) -> Probe
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    Box::new(move || Box::pin(probe()))
}
