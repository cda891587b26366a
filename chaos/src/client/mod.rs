//! A client of the API whose server dies (F1 to F4). It asks again under the same key until it is answered, and what
//! it asked for must then be there once.

mod acts;
mod exports;
mod files;
mod play;

pub use play::{Asked, play};

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The API answers by then, however it died: an unanswered request is taken for dead after some seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(200);

/// See the module.
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// Requests that were made again.
    pub repeated: usize,
}

impl Client {
    /// A client of the API at this address.
    ///
    /// # Panics
    /// If there can be none.
    pub fn of(address: &str) -> Self {
        // Only this one is linked in; it fails only where it was installed before.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        // Connections of a former life are of no use.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).read_timeout(PATIENCE).no_proxy();
        Client { http: http.build().expect("a client"), base: format!("http://{address}"), repeated: 0 }
    }

    /// Has something done under a key, asking as often as it takes. Returns what it was told.
    ///
    /// # Errors
    /// A refusal, or no answer in time.
    pub async fn post(&mut self, path: &str, key: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.base);
        let until = Instant::now() + PATIENCE;
        loop {
            let mut request = self.http.request(Method::POST, &url).header("idempotency-key", key);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            let said = match request.send().await {
                Ok(answer) => taken(answer).await,
                Err(error) => Err((true, format!("{error:?}"))),
            };
            match said {
                Ok(value) => return Ok(value),
                Err((passes, why)) if !passes || Instant::now() > until => return Err(why),
                Err(_) => self.repeated += 1,
            }
            sleep(AGAIN).await;
        }
    }

    /// Asks until there is the head of an answer.
    ///
    /// # Errors
    /// No answer in time.
    pub async fn open(&mut self, path: &str) -> Result<Response, String> {
        let url = format!("{}{path}", self.base);
        let until = Instant::now() + PATIENCE;
        loop {
            match self.http.get(&url).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                other if Instant::now() > until => return Err(format!("{path}: {other:?}")),
                _ => self.repeated += 1,
            }
            sleep(AGAIN).await;
        }
    }

    /// Asks until an answer has come as a whole.
    ///
    /// # Errors
    /// None came in time, or it is no JSON.
    pub async fn get(&mut self, path: &str) -> Result<Value, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.open(path).await?.bytes().await {
                Ok(body) => return serde_json::from_slice(&body).map_err(|error| format!("{path}: {error}")),
                Err(error) if Instant::now() > until => return Err(format!("{path}: {error:?}")),
                Err(_) => self.repeated += 1,
            }
        }
    }
}

/// An answer's body; or whether another try may be answered better, and what was said.
async fn taken(answer: Response) -> Result<Value, (bool, String)> {
    let status = answer.status();
    let body = answer.bytes().await.map_err(|error| (true, format!("{error:?}")))?;
    if status.is_success() {
        return Ok(serde_json::from_slice(&body).unwrap_or_default());
    }
    let said = format!("{status}: {}", String::from_utf8_lossy(&body));
    // The first try is not taken for dead yet.
    let is_under_way = status == StatusCode::CONFLICT && said.contains("is under way");
    Err((is_under_way || status.is_server_error(), said))
}
