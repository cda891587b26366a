//! A throwaway S3 server in the test's process, with faults on demand. It checks signatures, and
//! speaks to other processes as well.

mod faults;

pub use faults::{Fault, Faults};

use crate::tls::{Alpn, Identity, TlsListener};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The id of the only key that the server takes.
pub const KEY_ID: &str = "harvestman";

/// Its secret.
pub const SECRET: &str = "not a secret at all";

/// The bucket that is there from the beginning.
pub const BUCKET: &str = "pages";

/// The variable that names a server to use instead, an `s3://` URL; its key comes from the default
/// credential chain. Faults need the own server.
pub const VARIABLE: &str = "HARVESTMAN_TEST_S3";

/// A running server.
pub struct S3 {
    scheme: &'static str,
    address: SocketAddr,
    room: Arc<Room>,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

struct Room {
    service: S3Service,
    faults: Faults,
    puts: AtomicU64,
    gets: AtomicU64,
    others: AtomicU64,
}

/// Requests that came, faulty ones included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requests {
    /// Objects or parts stored.
    pub puts: u64,
    /// Objects read and lists.
    pub gets: u64,
    /// All else.
    pub others: u64,
}

impl S3 {
    /// Starts a server with the bucket [`BUCKET`].
    ///
    /// # Panics
    /// If no port or folder can be had.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        Self::serve("http", address, listener)
    }

    /// Starts one that speaks TLS, and shows this.
    ///
    /// # Panics
    /// If no port or folder can be had.
    pub async fn start_tls(identity: Identity) -> Self {
        let listener = TlsListener::bind("127.0.0.1", identity, Alpn::Http1).await.expect("a port");
        let address = listener.address().expect("its address");
        Self::serve("https", address, listener)
    }

    fn serve<L>(scheme: &'static str, address: SocketAddr, listener: L) -> Self
    where
        L: axum::serve::Listener<Addr = SocketAddr>,
    {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let files = FileSystem::new(folder.path()).expect("a file system");
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let room = Arc::new(Room {
            service: service.build(),
            faults: Faults::default(),
            puts: AtomicU64::default(),
            gets: AtomicU64::default(),
            others: AtomicU64::default(),
        });
        let router =
            Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(room.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
        S3 { scheme, address, room, serving, _folder: folder }
    }

    /// `http://ADDRESS`, or `https://`.
    pub fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The URL of an archive of its own in a bucket.
    pub fn url(&self, bucket: &str, world: &str) -> String {
        format!("s3://{bucket}/{world}?endpoint={}&path_style=true&region=us-east-1", self.endpoint())
    }

    /// What goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.room.faults
    }

    /// How often it was asked.
    pub fn requests(&self) -> Requests {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Requests {
            puts: count(&self.room.puts),
            gets: count(&self.room.gets),
            others: count(&self.room.others),
        }
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(room): State<Arc<Room>>, request: Request) -> Response {
    let counter = match *request.method() {
        Method::PUT => &room.puts,
        Method::GET => &room.gets,
        _ => &room.others,
    };
    counter.fetch_add(1, Ordering::Relaxed);
    room.faults.meet(request, |request| honest(&room.service, request)).await
}

async fn honest(service: &S3Service, request: Request) -> Response {
    match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(answer) => answer.map(axum::body::Body::new).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
    }
}
