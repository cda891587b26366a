//! The servers by URL: `sqlite://…`, `memory://`, `file://…`. Each scheme is one line here.

use backends::file::FileArchive;
use backends::memory::MemoryQueue;
use shared::ports::{Archive, Queue};
use std::path::PathBuf;
use std::sync::Arc;

/// A URL that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No backend has this scheme.
    #[error("{setting}: `{url}`: this program connects to {known}")]
    Scheme {
        /// The setting that holds the URL.
        setting: &'static str,
        /// The URL, without credentials.
        url: String,
        /// The schemes that are built in.
        known: &'static str,
    },
    /// The store did not open.
    #[error(transparent)]
    Store(#[from] shared::ports::StoreError),
    /// The archive did not open.
    #[error(transparent)]
    Archive(#[from] shared::ports::ArchiveError),
}

/// The path of a `scheme://path` URL; relative paths are allowed, `sqlite://data/x.db`.
fn path_of(url: &str, scheme: &str) -> Option<PathBuf> {
    url.strip_prefix(scheme)?.strip_prefix("://").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The URL without what may be a password.
fn shown(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(parsed) if parsed.password().is_some() => format!("{}://…", parsed.scheme()),
        _ => url.to_owned(),
    }
}

/// The store at `sqlite://PATH`.
///
/// # Errors
/// An unknown scheme, or what the store says.
#[cfg(feature = "store")]
pub async fn store(
    url: &str,
    clock: Arc<dyn shared::clock::Clock>,
) -> Result<Arc<dyn shared::ports::Store>, ConnectError> {
    if let Some(path) = path_of(url, "sqlite") {
        return Ok(Arc::new(backends::sqlite::SqliteStore::open(&path, clock).await?));
    }
    Err(ConnectError::Scheme { setting: "store", url: shown(url), known: "sqlite://PATH" })
}

/// The queue at `memory://`.
///
/// # Errors
/// An unknown scheme.
pub async fn queue(url: &str) -> Result<Arc<dyn Queue>, ConnectError> {
    match url {
        "memory://" => Ok(Arc::new(MemoryQueue::new())),
        _ => Err(ConnectError::Scheme { setting: "queue", url: shown(url), known: "memory://" }),
    }
}

/// The archive at `file://PATH`.
///
/// # Errors
/// An unknown scheme, or what the archive says.
pub async fn archive(url: &str) -> Result<Arc<dyn Archive>, ConnectError> {
    if let Some(path) = path_of(url, "file") {
        return Ok(Arc::new(FileArchive::open(&path).await?));
    }
    Err(ConnectError::Scheme { setting: "archive", url: shown(url), known: "file://PATH" })
}
