//! The wiring that `crawl` and `serve` share: three stages over one store, one queue and one
//! archive, in this process.
//!
//! dispatcher -> fetch -> worker -> parse -> parser -> store, and around again.

mod browsers;
mod folder;
mod salvage;
mod stage;

use browsers::check_without_browser;
pub use browsers::find as find_browser;
pub use folder::Folder;

use crate::args::Machine;
use crate::job::BadUse;
use anyhow::Context;
use backends::file::FileArchive;
use backends::memory::MemoryQueue;
use egress::{Egress, EgressConfig, Roots};
use shared::clock::Clock;
use shared::ids::RunId;
use shared::job::Span;
use shared::messages::{self, Hint, Paced};
use shared::ports::{Archive, Lane, Queue, Store};
use stage::{Failures, join};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What differs from start to start.
pub struct Settings {
    /// What may be called although it is not public, and whom to trust.
    pub egress: EgressConfig,
    /// How long a host may be down.
    pub give_up: Duration,
    /// The browser for pages that need one, if there is to be one.
    pub browser: Option<browser::Config>,
}

impl Settings {
    /// From the command line.
    ///
    /// # Errors
    /// [`BadUse`], if the file of authorities cannot be read.
    pub fn of(machine: &Machine, give_up: Span) -> Result<Self, BadUse> {
        let mut egress = EgressConfig { allow: machine.allow.clone(), ..EgressConfig::default() };
        if let Some(path) = &machine.ca {
            let read = || Ok(Roots::from_pem(&std::fs::read(path)?)?);
            let roots: anyhow::Result<Roots> = read();
            egress.roots = roots.with_context(|| format!("--ca: {}", path.display())).map_err(BadUse)?;
        }
        Ok(Settings { egress, give_up: give_up.0, browser: browsers::named(machine) })
    }
}

/// The three stages, running.
pub struct Embedded {
    pub store: Arc<dyn Store>,
    queue: Arc<MemoryQueue>,
    archive: Arc<FileArchive>,
    clock: Arc<dyn Clock>,
    egress: Arc<Egress>,
    has_browser: bool,
    stop_fetching: CancellationToken,
    stop: CancellationToken,
    failures: Failures,
    worker: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

/// How long stored segments may take to be parsed at the end.
const LAST_SEGMENTS: Duration = Duration::from_secs(20);

impl Embedded {
    /// Starts the stages: the parser first, so that what a former process stored is applied before
    /// anything is asked for again.
    ///
    /// # Errors
    /// If the store or the archive cannot be read.
    pub async fn start(folder: Folder, settings: Settings) -> anyhow::Result<Self> {
        let Folder { store, archive, clock } = folder;
        let browser = browsers::start(settings.browser).await?;
        let has_browser = browser.is_some();
        let queue = Arc::new(MemoryQueue::new());
        let egress = Arc::new(Egress::new(settings.egress));
        let stop = CancellationToken::new();
        let stop_fetching = CancellationToken::new();
        let failures = Failures::new();
        let port: Arc<dyn Queue> = queue.clone();
        let pages: Arc<dyn Archive> = archive.clone();

        let parser = parser::run(
            parser::Config::default(),
            parser::Deps { queue: port.clone(), archive: pages.clone(), store: store.clone() },
            stop.clone(),
        );
        let parser = failures.watch("parser", parser);
        if salvage::announce(store.as_ref(), archive.as_ref(), queue.as_ref()).await? > 0 {
            // What takes longer may be asked for again, which changes nothing.
            let _late = tokio::time::timeout(LAST_SEGMENTS, drained(&queue, &PARSE)).await;
        }
        let dispatcher = dispatcher::run(
            dispatcher_config(settings.give_up),
            dispatcher::Deps {
                store: store.clone(),
                queue: port.clone(),
                clock: clock.clone(),
                egress: Some(egress.clone()),
            },
            stop.clone(),
        );
        let worker = worker::run(
            worker_config(),
            worker::Deps {
                queue: port,
                archive: pages,
                clock: clock.clone(),
                egress: egress.clone(),
                browser,
            },
            stop_fetching.clone(),
        );
        Ok(Embedded {
            worker: failures.watch("worker", worker),
            others: vec![failures.watch("dispatcher", dispatcher), parser],
            archive,
            store,
            queue,
            clock,
            egress,
            has_browser,
            stop_fetching,
            stop,
            failures,
        })
    }

    /// The same edges, as the API takes them.
    pub fn api_deps(&self) -> api::Deps {
        api::Deps {
            store: self.store.clone(),
            archive: self.archive.clone(),
            queue: self.queue.clone(),
            clock: self.clock.clone(),
            egress: self.egress.clone(),
            check: if self.has_browser { parser::check } else { check_without_browser },
            preview: Arc::new(parser::preview),
        }
    }

    /// Runs one more stage beside these; whoever began it waits for its end.
    pub fn with<E: std::fmt::Display + Send + 'static>(
        &self,
        name: &'static str,
        stage: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> JoinHandle<()> {
        self.failures.watch(name, stage)
    }

    /// Tells the dispatcher that there may be something to do.
    pub async fn hint(&self, run: RunId) -> anyhow::Result<()> {
        let hint = messages::encode(&Paced::Hint(Hint { run }));
        Ok(self.queue.publish(&Lane::Paced, vec![hint]).await?)
    }

    /// Waits until a stage gives up, and says why.
    pub async fn failed(&self) -> anyhow::Error {
        self.failures.first().await
    }

    /// Stops in the order of the flow: no new pages, then what is stored is parsed, then the rest.
    pub async fn stop(self) {
        self.stop_fetching.cancel();
        join(self.worker).await;
        if !self.failures.any() {
            let drained = tokio::time::timeout(LAST_SEGMENTS, drained(&self.queue, &REPORTS_AND_PARSE)).await;
            if drained.is_err() {
                tracing::warn!("segments are left to be parsed; the next start does it");
            }
        }
        self.stop.cancel();
        for stage in self.others {
            join(stage).await;
        }
        self.archive.close().await;
    }
}

/// Segments that wait to be parsed.
const PARSE: [Lane; 2] = [Lane::Parse { urgent: false }, Lane::Parse { urgent: true }];
/// The same, and reports.
const REPORTS_AND_PARSE: [Lane; 3] =
    [Lane::Paced, Lane::Parse { urgent: false }, Lane::Parse { urgent: true }];

/// Waits until nothing is waiting in these lanes.
async fn drained(queue: &MemoryQueue, lanes: &[Lane]) {
    let mut look = tokio::time::interval(Duration::from_millis(10));
    loop {
        look.tick().await;
        let mut waiting = 0;
        for lane in lanes {
            waiting += queue.depth(lane).await.unwrap_or(0);
        }
        if waiting == 0 {
            return;
        }
    }
}

fn dispatcher_config(give_up: Duration) -> dispatcher::Config {
    dispatcher::Config {
        max_offered: 8,
        look_gap_ms: 0,
        gauge_every_ms: 0,
        give_up_after_ms: u64::try_from(give_up.as_millis()).unwrap_or(u64::MAX),
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
