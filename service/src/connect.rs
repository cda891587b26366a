//! The servers by URL: `sqlite://…`, `memory://`, `amqp://…`, `file://…`, `s3://…` and so on. Each scheme is a line
//! or two here.

use backends::file::FileArchive;
use backends::memory::MemoryQueue;
use shared::ports::{Archive, ArchiveError, Queue};
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
    /// Not the URL of a broker.
    #[cfg(feature = "cluster")]
    #[error("queue: {0}")]
    Queue(#[from] backends::amqp::BadUrl),
    /// The store did not open.
    #[error(transparent)]
    Store(#[from] shared::ports::StoreError),
    /// The archive did not open.
    #[error("archive: {0}")]
    Archive(#[from] ArchiveError),
}

impl ConnectError {
    /// Whether another try could succeed without a person.
    pub fn is_retryable(&self) -> bool {
        match self {
            ConnectError::Scheme { .. } => false,
            #[cfg(feature = "cluster")]
            ConnectError::Queue(_) => false,
            ConnectError::Store(error) => error.is_retryable(),
            ConnectError::Archive(error) => error.is_retryable(),
        }
    }

    /// Whether it is the URL that is wrong, not what it leads to. (An archive in a cloud is asked
    /// nothing yet when it is opened.)
    pub fn is_bad_url(&self) -> bool {
        match self {
            ConnectError::Scheme { .. } | ConnectError::Archive(ArchiveError::Refused(_)) => true,
            #[cfg(feature = "cluster")]
            ConnectError::Queue(_) => true,
            _ => false,
        }
    }
}

/// The path of a `scheme://path` URL; relative paths are allowed, `sqlite://data/x.db`.
fn path_of(url: &str, scheme: &str) -> Option<PathBuf> {
    url.strip_prefix(scheme)?.strip_prefix("://").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The schemes of stores.
#[cfg(feature = "store")]
const STORES: &str = if cfg!(feature = "postgres") {
    "sqlite://PATH, postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full"
} else {
    "sqlite://PATH"
};

/// The store at `sqlite://PATH` or `postgres://…`. Waits for a Postgres that does not answer, or whose schema
/// is older than this program: it comes back, or somebody runs `harvestman migrate`. Whoever does not want to
/// wait drops this.
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
    #[cfg(feature = "postgres")]
    if is_postgres(url) {
        return Ok(Arc::new(postgres(url).await?));
    }
    Err(ConnectError::Scheme { setting: "store", url: crate::shown(url), known: STORES })
}

/// Brings the schema of a store to this program's version. Returns the version before and after.
///
/// # Errors
/// An unknown scheme, or what the store says.
#[cfg(feature = "postgres")]
pub async fn migrate_store(url: &str) -> Result<(i64, i64), ConnectError> {
    if let Some(path) = path_of(url, "sqlite") {
        return Ok(backends::sqlite::migrate(&path).await?);
    }
    if is_postgres(url) {
        return Ok(backends::postgres::migrate(url).await?);
    }
    Err(ConnectError::Scheme { setting: "store", url: crate::shown(url), known: STORES })
}

#[cfg(feature = "postgres")]
fn is_postgres(url: &str) -> bool {
    matches!(url.split_once("://"), Some(("postgres" | "postgresql", _)))
}

/// How long to wait for a Postgres until it is asked again.
#[cfg(feature = "postgres")]
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_secs(2);

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<backends::postgres::PostgresStore, ConnectError> {
    use backends::postgres::{Options, PostgresStore};
    loop {
        let options = Options { application: program(), ..Options::default() };
        match PostgresStore::connect(url, options).await {
            Err(error) if error.is_retryable() || PostgresStore::is_older(&error) => {
                tracing::warn!(%error, "waiting for the database");
                tokio::time::sleep(ASK_AGAIN).await;
            }
            other => return Ok(other?),
        }
    }
}

/// The schemes of queues.
const QUEUES: &str = if cfg!(feature = "cluster") {
    "memory://, amqp://USER:PASSWORD@HOST/VHOST, amqps://…"
} else {
    "memory://"
};

/// The queue at `memory://`, `amqp://…` or `amqps://…`. A broker is not asked anything yet.
///
/// # Errors
/// An unknown scheme, or a URL that is none of a broker.
pub async fn queue(url: &str) -> Result<Arc<dyn Queue>, ConnectError> {
    if url == "memory://" {
        return Ok(Arc::new(MemoryQueue::new()));
    }
    #[cfg(feature = "cluster")]
    if let Some(("amqp" | "amqps", _)) = url.split_once("://") {
        use backends::amqp::{AmqpOptions, AmqpQueue};
        return Ok(Arc::new(AmqpQueue::new(AmqpOptions::new(url, program()))?));
    }
    Err(ConnectError::Scheme { setting: "queue", url: crate::shown(url), known: QUEUES })
}

/// What this program is called: whose connections they are, as the broker and the database show them.
#[cfg(any(feature = "cluster", feature = "postgres"))]
fn program() -> String {
    let path = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    path.file_stem().map_or_else(|| "harvestman".into(), |name| name.to_string_lossy().into_owned())
}

/// The schemes of archives.
const ARCHIVES: &str = if cfg!(feature = "cluster") {
    "file://PATH, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX?account=NAME"
} else {
    "file://PATH"
};

/// The archive at `file://PATH`, `s3://…`, `gs://…` or `az://…`. Servers are not asked anything yet.
///
/// # Errors
/// An unknown scheme, or what the archive says.
pub async fn archive(url: &str) -> Result<Arc<dyn Archive>, ConnectError> {
    if let Some(path) = path_of(url, "file") {
        return Ok(Arc::new(FileArchive::open(&path).await?));
    }
    #[cfg(feature = "cluster")]
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("s3") => return Ok(Arc::new(s3(url).await?)),
        Some("gs" | "az") => return Ok(Arc::new(backends::cloud::CloudArchive::connect(url)?)),
        _ => {}
    }
    Err(ConnectError::Scheme { setting: "archive", url: crate::shown(url), known: ARCHIVES })
}

#[cfg(feature = "cluster")]
async fn s3(url: &str) -> Result<backends::s3::S3Archive, ConnectError> {
    use backends::s3::{Access, Limits, S3Archive};
    Ok(S3Archive::connect(url, Access::Chain, Limits::default()).await?)
}

/// Makes the bucket of an `s3://` archive, unless it is there; the folder of a `file://` archive is made
/// anyway.
///
/// # Errors
/// What the server says, and that buckets of other clouds are made with their own tools.
#[cfg(feature = "cluster")]
pub async fn make_archive(url: &str) -> Result<(), ConnectError> {
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("s3") => Ok(s3(url).await?.make_bucket().await?),
        Some("gs" | "az") => {
            let why = "buckets of gs:// and containers of az:// are made with gcloud or az";
            Err(ArchiveError::Refused(why.into()).into())
        }
        _ => archive(url).await.map(drop),
    }
}
