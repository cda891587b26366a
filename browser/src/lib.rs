//! Pages that need their scripts, run in Chromium. This crate drives the browser and lets it ask for nothing by
//! itself: every request that a page makes is handed to the caller's [`Source`], which fetches it as it fetches
//! everything else, or refuses it. The page itself is brought along by the caller, who has fetched it already.
//!
//! - [`Browser`]: one program for many pages at a time, started anew when it dies, grows or grows old.
//! - `launch`: how it is started. Its only proxy is `wall`, which lets nothing through: what is not asked of the
//!   [`Source`] (WebSockets, WebRTC, its own curiosity) ends there.
//! - `pipe`, `link`: the DevTools protocol over two pipes; no port is open, and the program ends with its pipes.
//! - `tab`: one page, in a context of its own; `events`, `paused`: what is heard of it, and what it asks for.
//! - `memory`: how large it has grown.

mod events;
mod launch;
mod link;
mod memory;
mod paused;
mod pipe;
mod tab;
mod wall;

pub use launch::find;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use launch::Process;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Pages after which a browser is started anew, whatever its health.
const OLD: u32 = 500;
/// How long a browser may take until it answers for the first time.
const BIRTH: Duration = Duration::from_secs(30);

/// How the browser is run.
#[derive(Clone, Debug)]
pub struct Config {
    /// The program.
    pub program: PathBuf,
    /// Whether it puts its own processes into its sandbox, which needs user namespaces. Where the container forbids
    /// these, the container is the sandbox.
    pub sandbox: bool,
    /// Pages at a time.
    pub pages: usize,
    /// Memory that all its processes may have of their own, in bytes; beyond that it is killed.
    pub memory: u64,
}

/// The browser cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// It cannot be started.
    #[error("the browser {program} cannot be started: {cause}")]
    Start {
        /// Which one.
        program: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It was started, and does not answer.
    #[error("the browser {program} was started and ended, or does not answer{said}")]
    Mute {
        /// Which one.
        program: String,
        /// Its last words.
        said: String,
    },
}

/// A page gave no document.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// It was not ready in time.
    #[error("the page was not ready in time")]
    Timeout,
    /// It, or the whole browser, died, or was killed as it grew too large.
    #[error("the page or its browser died")]
    Died,
    /// Its document is larger than the caller takes.
    #[error("the page's document is too large")]
    TooLarge,
    /// The browser did not do as it was told.
    #[error("the browser says: {0}")]
    Refused(String),
    /// There is no browser.
    #[error(transparent)]
    Browser(#[from] BrowserError),
}

/// A page that was fetched, to be run.
pub struct Page<'a> {
    /// Its URL.
    pub url: &'a Url,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: &'a HeaderMap,
    /// Its body, content codings undone.
    pub body: &'a [u8],
    /// How the browser names itself.
    pub user_agent: &'a str,
    /// How long it is waited for after it has become quiet.
    pub wait: Duration,
    /// When it is too late.
    pub deadline: Instant,
    /// The largest document, in bytes.
    pub most: usize,
}

/// What became of a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Rendered {
    /// Its document, as HTML.
    Document(String),
    /// It went on to another page by itself.
    Moved(Url),
}

/// A request that a page makes.
#[derive(Debug)]
pub struct Asked {
    /// Where to.
    pub url: Url,
    /// `GET` or `POST`.
    pub method: Method,
    /// The headers that the page and the browser set.
    pub headers: HeaderMap,
    /// What is sent along.
    pub body: Option<Bytes>,
}

/// The answer to a request of a page.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, content codings undone.
    pub body: Vec<u8>,
}

/// Where the requests of a page go. Only scripts, style sheets and what scripts fetch come here; all else is refused.
#[async_trait]
pub trait Source: Send + Sync {
    /// Answers a request; None: it is refused, or there was no answer.
    async fn answer(&self, asked: Asked) -> Option<Answer>;
}

/// A browser.
pub struct Browser {
    config: Config,
    places: Semaphore,
    process: Mutex<Option<Arc<Process>>>,
}

impl Browser {
    /// Starts a browser, and sees that it answers.
    ///
    /// # Errors
    /// If it cannot be had.
    pub async fn start(config: Config) -> Result<Self, BrowserError> {
        let browser =
            Browser { places: Semaphore::new(config.pages.max(1)), config, process: Mutex::default() };
        browser.process().await?;
        Ok(browser)
    }

    /// Runs a page until it is quiet, and takes its document. Waits for a place first; that is within the deadline.
    ///
    /// # Errors
    /// If there is no document. The page may be to blame, or one that ran beside it.
    pub async fn render(&self, page: &Page<'_>, source: &dyn Source) -> Result<Rendered, RenderError> {
        let place = timeout_at(page.deadline, self.places.acquire()).await;
        let _place = place.map_err(|_late| RenderError::Timeout)?;
        let process = self.process().await?;
        let rendered = timeout_at(page.deadline, tab::render(process.link(), page, source)).await;
        let rendered = rendered.unwrap_or(Err(RenderError::Timeout));
        if matches!(rendered, Err(RenderError::Timeout | RenderError::Died | RenderError::Refused(_))) {
            // Whatever held it up may still be running there: those who come find another one.
            process.tire();
        }
        rendered
    }

    /// Ends the browser, if no page runs in it; else it ends with the last of them.
    pub async fn close(&self) {
        let process = self.process.lock().await.take();
        if let Some(process) = process.and_then(Arc::into_inner) {
            process.end().await;
        }
    }

    /// The program that runs, or a new one where it is gone, tired or old.
    async fn process(&self) -> Result<Arc<Process>, BrowserError> {
        let mut process = self.process.lock().await;
        if let Some(running) = process.as_ref().filter(|running| running.serve() < OLD) {
            return Ok(running.clone());
        }
        // The old one ends with the last of its pages.
        let new = Arc::new(Process::launch(&self.config, BIRTH).await?);
        *process = Some(new.clone());
        Ok(new)
    }
}
