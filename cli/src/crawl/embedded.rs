//! The wiring: three stages over one store, one queue and one archive, in this process.
//!
//! dispatcher -> fetch -> worker -> parse -> parser -> store, and around again.

use anyhow::Context;
use backends::file::FileArchive;
use backends::memory::MemoryQueue;
use backends::sqlite::SqliteStore;
use egress::{Allow, Egress, EgressConfig};
use shared::clock::{Clock, SystemClock};
use shared::ids::RunId;
use shared::messages::{self, Hint, Paced};
use shared::ports::{Archive, Lane, Queue, Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Where things are below the data folder.
pub struct Places {
    folder: PathBuf,
}

impl Places {
    pub fn within(folder: &Path) -> Self {
        Places { folder: folder.to_owned() }
    }
}

/// What differs from run to run.
pub struct Settings {
    /// Hosts, addresses and networks that may be called although they are not public.
    pub allow: Vec<Allow>,
    /// How long a host may be down.
    pub give_up: Duration,
}

/// A data folder that is this process's alone; nothing runs yet.
pub struct Opened {
    pub store: Arc<dyn Store>,
    archive: Arc<FileArchive>,
    clock: Arc<dyn Clock>,
}

impl Opened {
    /// Opens the data folder, and frees what a former process held.
    pub async fn of(places: &Places) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let folder = &places.folder;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("--data: cannot make the folder {}", folder.display()))?;
        let store: Arc<dyn Store> = Arc::new(open(&folder.join("harvestman.db"), clock.clone()).await?);
        let archive = Arc::new(FileArchive::open(&folder.join("archive")).await?);
        store.lapse_all(Duration::from_secs(1)).await?;
        Ok(Opened { store, archive, clock })
    }
}

/// The three stages, running.
pub struct Embedded {
    pub store: Arc<dyn Store>,
    queue: Arc<MemoryQueue>,
    archive: Arc<FileArchive>,
    stop_fetching: CancellationToken,
    stop: CancellationToken,
    failed: watch::Receiver<Option<String>>,
    worker: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

/// How long stored segments may take to be parsed at the end.
const LAST_SEGMENTS: Duration = Duration::from_secs(20);

impl Embedded {
    /// Starts the stages.
    pub fn start(opened: Opened, settings: &Settings) -> Self {
        let Opened { store, archive, clock } = opened;
        let queue = Arc::new(MemoryQueue::new());
        let egress =
            Arc::new(Egress::new(EgressConfig { allow: settings.allow.clone(), ..EgressConfig::default() }));
        let stop = CancellationToken::new();
        let stop_fetching = CancellationToken::new();
        let (failure, failed) = watch::channel(None);
        let port: Arc<dyn Queue> = queue.clone();
        let pages: Arc<dyn Archive> = archive.clone();

        let dispatcher = dispatcher::run(
            dispatcher_config(settings),
            dispatcher::Deps { store: store.clone(), queue: port.clone(), clock: clock.clone() },
            stop.clone(),
        );
        let worker = worker::run(
            worker_config(),
            worker::Deps { queue: port.clone(), archive: pages.clone(), clock, egress },
            stop_fetching.clone(),
        );
        let parser = parser::run(
            parser::Config::default(),
            parser::Deps { queue: port, archive: pages, store: store.clone() },
            stop.clone(),
        );
        Embedded {
            worker: watched("worker", worker, failure.clone()),
            others: vec![
                watched("dispatcher", dispatcher, failure.clone()),
                watched("parser", parser, failure),
            ],
            archive,
            store,
            queue,
            stop_fetching,
            stop,
            failed,
        }
    }

    /// Tells the dispatcher that there may be something to do.
    pub async fn hint(&self, run: RunId) -> anyhow::Result<()> {
        let hint = messages::encode(&Paced::Hint(Hint { run }));
        Ok(self.queue.publish(&Lane::Paced, vec![hint]).await?)
    }

    /// Waits until a stage gives up, and says why.
    pub async fn failed(&self) -> anyhow::Error {
        let mut failed = self.failed.clone();
        match failed.wait_for(Option::is_some).await {
            Ok(why) => anyhow::anyhow!("{}", why.as_deref().unwrap_or("a stage stopped")),
            Err(_all_ended) => std::future::pending().await,
        }
    }

    /// Stops in the order of the flow: no new pages, then what is stored is parsed, then the rest.
    pub async fn stop(self) {
        self.stop_fetching.cancel();
        join(self.worker).await;
        let broken = self.failed.borrow().is_some();
        if !broken {
            let drained = tokio::time::timeout(LAST_SEGMENTS, drained(&self.queue)).await;
            if drained.is_err() {
                tracing::warn!("segments are left to be parsed; --resume does it");
            }
        }
        self.stop.cancel();
        for stage in self.others {
            join(stage).await;
        }
        self.archive.close().await;
    }
}

async fn open(path: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(path, clock).await.map_err(|error| match error {
        StoreError::Corrupt(why) => anyhow::anyhow!(
            "{}: {why}; it is damaged, or not harvestman's: use another data folder",
            path.display()
        ),
        other => other.into(),
    })
}

/// Waits until no report and no segment is waiting.
async fn drained(queue: &MemoryQueue) {
    let mut look = tokio::time::interval(Duration::from_millis(10));
    let lanes = [Lane::Paced, Lane::Parse { urgent: false }, Lane::Parse { urgent: true }];
    loop {
        look.tick().await;
        let mut waiting = 0;
        for lane in &lanes {
            waiting += queue.depth(lane).await.unwrap_or(0);
        }
        if waiting == 0 {
            return;
        }
    }
}

async fn join(stage: JoinHandle<()>) {
    if let Err(error) = stage.await {
        tracing::error!(%error, "a stage broke off");
    }
}

/// Runs a stage as a task; what ends it before its time is told to whoever watches.
fn watched<E: std::fmt::Display + Send + 'static>(
    name: &'static str,
    stage: impl Future<Output = Result<(), E>> + Send + 'static,
    failure: watch::Sender<Option<String>>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = stage.await {
            tracing::debug!(stage = name, %error, "stopped");
            failure.send_if_modified(|first| {
                let new = first.is_none();
                if new {
                    *first = Some(error.to_string());
                }
                new
            });
        }
    })
}

fn dispatcher_config(settings: &Settings) -> dispatcher::Config {
    dispatcher::Config {
        max_offered: 8,
        give_up_after_ms: u64::try_from(settings.give_up.as_millis()).unwrap_or(u64::MAX),
        ..dispatcher::Config::default()
    }
}

fn worker_config() -> worker::Config {
    worker::Config {
        name: "embedded".into(),
        commit_interval: Duration::from_millis(200),
        drain: Duration::from_secs(10),
        ..worker::Config::default()
    }
}
