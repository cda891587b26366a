//! One GET request, with all its deadlines and caps, and no opinion on what follows from it.

mod body;
mod failure;
mod headers;
mod status;

pub use body::End;
pub use failure::Failure;
pub use headers::{Headers, with_host};
pub use status::{is_redirect, is_retryable, retry_after};

use bytes::Bytes;
use egress::{Egress, EgressError};
use http::{HeaderMap, StatusCode, Version};
use shared::job::Timeouts;
use shared::outcome::Reason;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Bytes of header lines that are taken.
const HEADER_BYTES: usize = 64 << 10;

/// An answer, its body as far as it was taken.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// Its headers.
    pub headers: HeaderMap,
    /// Who answered.
    pub peer: Option<IpAddr>,
    /// Its body: transfer codings undone, content codings not.
    pub body: Vec<u8>,
    /// How the body ended.
    pub end: End,
    /// From the request to the headers.
    pub took: Duration,
    /// When the headers had come.
    pub headers_at: Instant,
}

/// Sends requests under one policy.
pub struct Fetcher {
    egress: Arc<Egress>,
    timeouts: Timeouts,
    large: Arc<Semaphore>,
}

impl Fetcher {
    /// A fetcher. `large` bounds how many large bodies are held at a time.
    pub fn new(egress: Arc<Egress>, timeouts: Timeouts, large: Arc<Semaphore>) -> Self {
        Fetcher { egress, timeouts, large }
    }

    /// Whether a URL is refused without a lookup.
    pub fn refuses(&self, url: &Url) -> bool {
        self.egress.refuses(url)
    }

    /// Sends a request, and takes at most `max_body` bytes of the answer's body.
    ///
    /// # Errors
    /// If no headers came.
    pub async fn get(&self, url: &Url, headers: HeaderMap, max_body: u64) -> Result<Answer, Failure> {
        self.send(url, headers, None, max_body).await
    }

    /// The same; with a body it is a POST request.
    ///
    /// # Errors
    /// If no headers came.
    pub async fn send(
        &self,
        url: &Url,
        headers: HeaderMap,
        sent: Option<Bytes>,
        max_body: u64,
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let Timeouts { connect, first_byte, read_gap, total } = &self.timeouts;
        let deadline = began + total.0;
        let first_byte = began + connect.0 + first_byte.0;
        let sent = async {
            match sent {
                None => self.egress.get(url, headers, connect.0).await,
                Some(body) => self.egress.post(url, headers, body, connect.0).await,
            }
        };
        let mut response = match timeout_at(first_byte.min(deadline), sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(EgressError::Refused)) => return Err(Failure::new(Reason::AddressRefused)),
            Ok(Err(EgressError::Http(error))) => return Err(Failure::of(&error)),
            Err(_) => return Err(Failure::new(Reason::Timeout)),
        };
        let headers_at = Instant::now();
        let headers = std::mem::take(response.headers_mut());
        let header_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if header_bytes > HEADER_BYTES {
            return Err(Failure::new(Reason::Protocol));
        }
        let (status, version) = (response.status(), response.version());
        let peer = response.remote_addr().map(|address| address.ip());
        let bounds = body::Bounds { max: max_body, gap: read_gap.0, deadline };
        let (body, end) = body::take(response, &bounds, &self.large).await;
        Ok(Answer { status, version, headers, peer, body, end, took: headers_at - began, headers_at })
    }
}
