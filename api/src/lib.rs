//! The REST API over the store and the archive.
//!
//! - `auth`: who calls, for which tenant, and what the caller may do. `quota`: how often.
//! - `frame`: what is around every route; `problem`: every error (RFC 9457); `cursor`: places in lists.
//! - `scrape`: one page while the caller waits, and what rules would take of a page.
//! - `files`: a run's records as files, streamed or kept in the archive.
//! - `firecrawl`: `/v2`, for the clients of Firecrawl.
//! - `v1`: the routes, one file a room. `openapi`: their description, served and committed.
//! - `console`: the pages for a browser.
//!
//! A tenant sees its own rows only; another one's are answered as if there were none.

mod app;
pub mod auth;
mod console;
mod cursor;
mod files;
mod firecrawl;
pub mod frame;
mod leave;
mod metrics;
pub mod openapi;
pub mod problem;
mod quota;
mod scrape;
mod settings;
mod v1;

pub use app::App;
pub use metrics::METRICS;
pub use settings::Settings;
pub use v1::keys::make as make_key;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::clock::Clock;
use shared::job::{Job, Problem};
use shared::ports::{Archive, Queue, Store, StoreError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// The API's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The largest request body, in bytes.
    pub max_body: usize,
    /// How long an answer's head may take, in milliseconds.
    pub timeout_ms: u64,
    /// A proxy stands in front that sets `X-Forwarded-Host`: links of `/v2` bear that name. `X-Forwarded-Proto` is always heeded.
    pub forwarded: bool,
    /// Who is let in.
    #[serde(skip)]
    pub access: Access,
    /// How long after the stop requests are still taken, each answered as the last of its connection: who keeps connections opens the
    /// next one elsewhere. For where there is an elsewhere.
    #[serde(skip)]
    pub leave: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_body: 10 << 20,
            timeout_ms: 30_000,
            forwarded: false,
            access: Access::default(),
            leave: Duration::ZERO,
        }
    }
}

/// Who is let in.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// Whoever has a key; `bootstrap` is the SHA-256 of one that is not in the store.
    Keys {
        /// An administrator of the first tenant.
        bootstrap: Option<[u8; 32]>,
    },
    /// Everybody, as an administrator of the first tenant.
    Open {
        /// Only under the names of this machine.
        loopback_only: bool,
    },
}

impl Default for Access {
    fn default() -> Self {
        Access::Keys { bootstrap: None }
    }
}

/// The shortest bootstrap key, in characters.
const SHORTEST_KEY: usize = 20;

impl Access {
    /// Whether nobody needs a key.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Access::Open { .. })
    }

    /// What an operator's settings come to: with a key, or with keys in the store, a key is needed;
    /// without any, only this machine is let in, unless the operator says `open`.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: a key that can be guessed, or no key and an address that others reach.
    pub async fn of(
        key: Option<&str>,
        open: bool,
        listen: SocketAddr,
        store: &dyn Store,
    ) -> Result<Self, StoreError> {
        if let Some(key) = key {
            if key.len() < SHORTEST_KEY {
                let why = format!("HARVESTMAN_API_KEY: use at least {SHORTEST_KEY} random characters");
                return Err(StoreError::Refused(why));
            }
            return Ok(Access::Keys { bootstrap: Some(Sha256::digest(key.as_bytes()).into()) });
        }
        if store.control().has_live_keys().await? {
            return Ok(Access::Keys { bootstrap: None });
        }
        if !open && !listen.ip().is_loopback() {
            return Err(StoreError::Refused(format!(
                "the API would listen on {listen} without any key: set HARVESTMAN_API_KEY, or make a key first \
                 (`harvestman keys create NAME --scope admin --store URL`), or listen on 127.0.0.1"
            )));
        }
        Ok(Access::Open { loopback_only: !open })
    }
}

/// Every edge of the API.
#[derive(Clone)]
pub struct Deps {
    /// Runs, pages, records, and what people keep beside them.
    pub store: Arc<dyn Store>,
    /// Raw pages.
    pub archive: Arc<dyn Archive>,
    /// For hints to the dispatcher.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What webhooks may lead to; asked before they are kept. Nothing is dialled here.
    pub egress: Arc<egress::Egress>,
    /// What is wrong with a job's rules: the parser's word, for a stage names no other.
    pub check: fn(&Job) -> Vec<Problem>,
    /// What a job would take of a page.
    pub preview: Preview,
}

/// Reads a page's bytes as a run of this job would: job, URL, `Content-Type`, body. It takes its time: for
/// threads that may.
pub type Preview = Arc<dyn Fn(&Job, &url::Url, &str, &[u8]) -> serde_json::Value + Send + Sync>;

/// The API cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The listener broke.
    #[error(transparent)]
    Listener(#[from] std::io::Error),
}

/// Answers requests on a listener until `stop`, and for [`Config::leave`] more.
///
/// # Errors
/// If the listener breaks, or the store refuses.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), ApiError> {
    let leave = config.leave;
    let app = App::new(config, deps).await?;
    let router = router(app.clone()).layer(from_fn_with_state(stop.clone(), leave::last));
    let writer = tokio::spawn(files::write_files(app, stop.clone()));
    // A bare router would be copied, route by route, for every connection.
    let service = router.into_make_service();
    let served = axum::serve(listener, service).with_graceful_shutdown(leave::after(stop, leave)).await;
    // Where nobody said stop, the listener broke.
    if served.is_err() {
        writer.abort();
    }
    let _ended = writer.await;
    Ok(served?)
}

/// All routes, with all that is around them.
pub fn router(app: App) -> Router {
    let (routes, document) = v1::routes().split_for_parts();
    let guarded = routes
        .layer(from_fn_with_state(app.clone(), frame::once))
        .layer(from_fn_with_state(app.clone(), auth::require));
    let open = openapi::routes(openapi::described(document))
        .route("/healthz", axum::routing::get(|| async { "ok" }));
    Router::new()
        .merge(guarded)
        .merge(firecrawl::routes(&app))
        .merge(console::routes())
        .merge(open)
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(app.config.max_body))
        .layer(CatchPanicLayer::custom(frame::panicked))
        .layer(from_fn_with_state(app.clone(), frame::outer))
        // Outside of `outer`, which puts other bodies into errors.
        .layer(CompressionLayer::new().gzip(true))
        .layer(from_fn(frame::traced))
        .with_state(app)
}
