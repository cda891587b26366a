//! Requests to the server, and what is wrong in words.

use super::shown::shown;
use crate::args::Connection;
use crate::job::BadUse;
use anyhow::{Context, anyhow, bail};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, Method, Request, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;
use url::{Host, Url};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may come; a stream of events is never still for so long.
const STILL: Duration = Duration::from_secs(60);
/// The largest answer that is held in memory, in bytes.
const LARGEST: usize = 256 << 20;

/// A server's API.
pub struct Api {
    client: Client,
    base: Url,
    key: Option<HeaderValue>,
}

/// Parameters of a query; None is left out.
pub type Query<'a> = &'a [(&'a str, Option<String>)];

impl Api {
    /// The server of these flags. Nothing is asked yet.
    ///
    /// # Errors
    /// [`BadUse`]: a URL or a key that is none, or a file that cannot be read.
    pub fn of(to: &Connection) -> Result<Self, BadUse> {
        Api::build(to).map_err(BadUse)
    }

    fn build(to: &Connection) -> anyhow::Result<Self> {
        let base = to.api.clone();
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() || base.query().is_some() {
            bail!("--api: use a URL such as http://127.0.0.1:8080");
        }
        if !base.username().is_empty() || base.password().is_some() {
            bail!("--api: the key does not go into the URL; set HARVESTMAN_API_KEY, or use --key-file");
        }
        // One provider for the process; whoever was first chose the same.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(STILL)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("harvestman/", env!("CARGO_PKG_VERSION")));
        if is_here(&base) {
            client = client.no_proxy();
        }
        if let Some(path) = &to.ca {
            let read = || Ok(Certificate::from_pem_bundle(&std::fs::read(path)?)?);
            let roots: anyhow::Result<Vec<Certificate>> = read();
            client = client.tls_certs_merge(roots.with_context(|| format!("--ca: {}", path.display()))?);
        }
        Ok(Api { client: client.build()?, base, key: key(to)? })
    }

    /// The answer to a GET request.
    pub async fn get(&self, path: &[&str], query: Query<'_>) -> anyhow::Result<Value> {
        json(self.open(path, query, &[]).await?).await
    }

    /// A GET request whose answer is read piece by piece.
    pub async fn open(
        &self,
        path: &[&str],
        query: Query<'_>,
        headers: &[(&'static str, &str)],
    ) -> anyhow::Result<Response> {
        let mut request = self.request(Method::GET, path, query)?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value)?);
        }
        self.send(request).await
    }

    /// The answer to a POST request; null where it has no body.
    pub async fn post(&self, path: &[&str], query: Query<'_>, body: Option<&Value>) -> anyhow::Result<Value> {
        self.change(Method::POST, path, query, body, None).await
    }

    /// The answer to a DELETE request; null where it has no body.
    pub async fn delete(&self, path: &[&str]) -> anyhow::Result<Value> {
        self.change(Method::DELETE, path, &[], None, None).await
    }

    /// The answer to a PUT request for what has this version.
    pub async fn put(&self, path: &[&str], body: &Value, version: &str) -> anyhow::Result<Value> {
        self.change(Method::PUT, path, &[], Some(body), Some(version)).await
    }

    async fn change(
        &self,
        method: Method,
        path: &[&str],
        query: Query<'_>,
        body: Option<&Value>,
        version: Option<&str>,
    ) -> anyhow::Result<Value> {
        let mut request = self.request(method, path, query)?;
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.to_string().into());
        }
        if let Some(version) = version {
            request.headers_mut().insert("if-match", HeaderValue::from_str(&format!("\"{version}\""))?);
        }
        json(self.send(request).await?).await
    }

    fn request(&self, method: Method, path: &[&str], query: Query<'_>) -> anyhow::Result<Request> {
        let mut url = self.base.clone();
        // Checked: it has a host.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        let mut request = Request::new(method, url);
        if let Some(key) = &self.key {
            request.headers_mut().insert(AUTHORIZATION, key.clone());
        }
        Ok(request)
    }

    async fn send(&self, request: Request) -> anyhow::Result<Response> {
        let response = self.client.execute(request).await.map_err(|error| self.unreached(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = body(response).await.unwrap_or_default();
        Err(refused(status, &bytes, self.key.is_some()))
    }

    fn unreached(&self, error: &reqwest::Error) -> anyhow::Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let base = &self.base;
        if error.is_connect() {
            return anyhow!(
                "{base} cannot be reached ({cause}): begin a server with `harvestman serve`, or name another one with --api"
            );
        }
        anyhow!("{base} did not answer: {cause}")
    }
}

/// Whether a server is on this machine: no proxy leads there.
fn is_here(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn key(to: &Connection) -> anyhow::Result<Option<HeaderValue>> {
    let (key, place) = match &to.key_file {
        Some(file) => {
            let text = std::fs::read_to_string(file);
            let text = text.with_context(|| format!("--key-file: cannot read {}", file.display()))?;
            (text, "--key-file")
        }
        None => (std::env::var("HARVESTMAN_API_KEY").unwrap_or_default(), "HARVESTMAN_API_KEY"),
    };
    let key = key.trim();
    if key.is_empty() {
        return if to.key_file.is_some() { Err(anyhow!("--key-file: it is empty")) } else { Ok(None) };
    }
    if !key.bytes().all(|b| b.is_ascii_graphic()) {
        bail!("{place}: a key is one word of visible ASCII characters");
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {key}"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

async fn body(mut response: Response) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.context("the answer broke off")? {
        if bytes.len() + piece.len() > LARGEST {
            bail!("the answer is larger than {LARGEST} bytes");
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

async fn json(response: Response) -> anyhow::Result<Value> {
    let bytes = body(response).await?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes).context("the answer is not JSON: is this a server of Harvestman?")
}

/// What a server refused, in words. Requests that can never be done are bad use.
fn refused(status: StatusCode, body: &[u8], had_key: bool) -> anyhow::Error {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let words = |value: &Value| value.as_str().map(shown);
    let mut text = words(&problem["detail"]).unwrap_or_else(|| format!("the server answered {status}"));
    for error in problem["errors"].as_array().into_iter().flatten() {
        let (place, detail) = (words(&error["pointer"]), words(&error["detail"]));
        text.push_str(&format!("\n  {}: {}", place.unwrap_or_default(), detail.unwrap_or_default()));
    }
    match status {
        StatusCode::UNAUTHORIZED if had_key => text = "the server does not know this key".to_owned(),
        StatusCode::UNAUTHORIZED => {
            text = "the server wants a key: set HARVESTMAN_API_KEY, or use --key-file".to_owned();
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            if let Some(id) = words(&problem["request_id"]) {
                text.push_str(&format!(" (request {id})"));
            }
        }
        _ => {}
    }
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => BadUse(anyhow!(text)).into(),
        _ => anyhow!(text),
    }
}
