//! The one way out. Nothing else dials the internet, and what is dialled was judged here: the
//! URL before each request, the addresses of its name after each resolution.
//!
//! - [`classify`]: which addresses are on the internet; `names`: which names are not.
//! - [`Allow`]: what an operator or the person who typed a URL allows beyond that.
//! - `rules`: the verdict. `resolve`: from a name to addresses that were judged, which are dialled.
//!
//! Each client dials one port only, so that its resolver, which is told no port, can judge fully.
//! Proxies of the environment, redirects, retries, referers and decoding are off.

mod allow;
pub mod classify;
mod names;
mod resolve;
mod roots;
mod rules;

pub use allow::{Allow, BadAllow};
pub use classify::Net;
pub use resolve::{LookUp, ResolveError};
pub use roots::{BadRoots, Roots};

use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;
use resolve::{Directory, Resolver};
use rules::Rules;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Clients kept: one for each port and connect deadline in use.
const CLIENTS: usize = 32;
/// Idle connections kept to one host.
const IDLE_PER_HOST: usize = 8;
/// How long a connection may idle.
const IDLE_FOR: Duration = Duration::from_secs(15);
/// Bytes of header lines on HTTP/2.
const HEADER_BYTES: u32 = 64 << 10;

/// What may be called besides the internet, and what of it not.
#[derive(Clone, Debug, Default)]
pub struct EgressConfig {
    /// Hosts that may be called although the rules refuse them.
    pub allow: Vec<Allow>,
    /// Networks that may not be called although the rules allow them, such as one's own.
    pub deny: Vec<Net>,
    /// Ports besides 80 and 443 on which the internet may be called.
    pub ports: Vec<u16>,
    /// Authorities that are trusted besides the system's.
    pub roots: Roots,
}

/// A request did not get an answer.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The address is not one that may be called. Says no more on purpose.
    #[error("address refused")]
    Refused,
    /// The HTTP client's word.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

/// Answers requests in the place of the internet.
pub type Answers = Arc<dyn Fn(Url, HeaderMap) -> Answer + Send + Sync>;
/// One answer to come.
pub type Answer = Pin<Box<dyn Future<Output = http::Response<Bytes>> + Send>>;

/// The way out.
pub struct Egress {
    rules: Arc<Rules>,
    answers: Option<Answers>,
    directory: Arc<Directory>,
    roots: Roots,
    clients: Mutex<HashMap<(u16, Duration), reqwest::Client>>,
}

impl Egress {
    /// A way out that asks the system's resolver.
    pub fn new(config: EgressConfig) -> Self {
        Egress::with_look_up(config, resolve::system())
    }

    /// A way out with another resolver.
    pub fn with_look_up(config: EgressConfig, look_up: LookUp) -> Self {
        let EgressConfig { allow, deny, ports, roots } = config;
        // One provider for the process; whoever was first chose the same.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        Egress {
            rules: Arc::new(Rules { allow, deny, ports }),
            answers: None,
            directory: Arc::new(Directory::new(look_up)),
            roots,
            clients: Mutex::default(),
        }
    }

    /// A way out that leads nowhere: what the rules let through is answered by `answers`. For
    /// simulations, whose time is not that of a network.
    pub fn with_answers(config: EgressConfig, answers: Answers) -> Self {
        Egress { answers: Some(answers), ..Egress::new(config) }
    }

    /// Whether a URL is refused as it stands; that of a name may still be refused when resolved.
    pub fn refuses(&self, url: &Url) -> bool {
        self.rules.url(url).is_err()
    }

    /// Sends a GET request and waits for the answer's headers.
    ///
    /// # Errors
    /// If the URL is refused, or there was no answer.
    pub async fn get(
        &self,
        url: &Url,
        headers: HeaderMap,
        connect: Duration,
    ) -> Result<reqwest::Response, EgressError> {
        self.send(http::Method::GET, url, headers, None, connect).await
    }

    /// Sends a POST request and waits for the answer's headers.
    ///
    /// # Errors
    /// If the URL is refused, or there was no answer.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        connect: Duration,
    ) -> Result<reqwest::Response, EgressError> {
        self.send(http::Method::POST, url, headers, Some(body), connect).await
    }

    async fn send(
        &self,
        method: http::Method,
        url: &Url,
        headers: HeaderMap,
        body: Option<Bytes>,
        connect: Duration,
    ) -> Result<reqwest::Response, EgressError> {
        let port = self.rules.url(url).map_err(|_| EgressError::Refused)?;
        if let Some(answers) = &self.answers {
            return Ok(answers(url.clone(), headers).await.into());
        }
        let client = self.client(port, connect)?;
        let mut request = reqwest::Request::new(method, url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = body.map(Into::into);
        client
            .execute(request)
            .await
            .map_err(|error| if is_refused(&error) { EgressError::Refused } else { EgressError::Http(error) })
    }

    fn client(&self, port: u16, connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&(port, connect)) {
            return Ok(client.clone());
        }
        let client = self.build(port, connect)?;
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        clients.insert((port, connect), client.clone());
        Ok(client)
    }

    fn build(&self, port: u16, connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
        let resolver = Resolver { rules: self.rules.clone(), directory: self.directory.clone(), port };
        reqwest::Client::builder()
            .dns_resolver(resolver)
            .connect_timeout(connect)
            .tls_certs_merge(self.roots.0.iter().cloned())
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // The bytes are archived as they came, whatever features others switch on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(IDLE_FOR)
            .http2_max_header_list_size(HEADER_BYTES)
            .build()
    }
}

/// Whether the resolver refused; the HTTP client wraps its word several times.
fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(ResolveError::Refused)) {
            return true;
        }
        cause = error.source();
    }
    false
}
