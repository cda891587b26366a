use super::{BadSetting, PREFIX};
use crate::telemetry::LogFormat;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// What all services are told: where the servers are, how to log, when to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// The database: `postgres://USER:PASSWORD@HOST/NAME` or `sqlite://PATH`.
    pub store: String,
    /// The broker: `amqp://USER:PASSWORD@HOST/VHOST` or `memory://`.
    pub queue: String,
    /// The raw store: `s3://BUCKET/PREFIX`, `gs://…`, `az://…` or `file://PATH`.
    pub archive: String,
    /// The address of `/livez`, `/readyz` and `/metrics`.
    pub admin_listen: String,
    /// Hosts, addresses or networks that are not public and may be called all the same, separated by
    /// commas: `intranet.example`, `10.1.0.0/16`, `127.0.0.2:8080`.
    pub allow: String,
    /// A file in PEM with authorities that are trusted besides the system's, such as that of a company's own
    /// network. Empty: none.
    pub extra_ca: String,
    /// How log lines look: `text` or `json`.
    pub log_format: LogFormat,
    /// What is logged: `info`, or `info,worker=debug`.
    pub log_level: String,
    /// Seconds that what is under way has to end after a SIGTERM.
    pub drain_seconds: u64,
    /// The collector of traces, over OTLP: `http://HOST:4318`. Empty: none.
    pub otlp_endpoint: String,
    /// The share of requests whose traces are kept, from 0 to 1.
    pub otlp_ratio: f64,
}

impl Default for Common {
    fn default() -> Self {
        Common {
            store: "sqlite://harvestman-data/harvestman.db".into(),
            queue: "memory://".into(),
            archive: "file://harvestman-data/archive".into(),
            admin_listen: "127.0.0.1:9090".into(),
            allow: String::new(),
            extra_ca: String::new(),
            log_format: LogFormat::Text,
            log_level: "info".into(),
            drain_seconds: 25,
            otlp_endpoint: String::new(),
            otlp_ratio: 1.0,
        }
    }
}

impl Common {
    /// The entries of `allow`, as the egress knows them.
    ///
    /// # Errors
    /// For an entry that is no host, address or network.
    pub fn allow_list<T: FromStr<Err: std::fmt::Display>>(&self) -> Result<Vec<T>, BadSetting> {
        let entries = self.allow.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let list = entries.map(str::parse).collect::<Result<_, _>>();
        list.map_err(|error| BadSetting::new("HARVESTMAN_ALLOW", error))
    }

    /// The authorities of `extra_ca`, as the egress knows them.
    ///
    /// # Errors
    /// For a file that cannot be read, or holds no certificate.
    pub fn roots<T: FromStr<Err: std::fmt::Display> + Default>(&self) -> Result<T, BadSetting> {
        let file = &self.extra_ca;
        if file.is_empty() {
            return Ok(T::default());
        }
        let bad = |why: String| BadSetting::new("HARVESTMAN_EXTRA_CA", format!("{file}: {why}"));
        let pem = std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
        pem.parse().map_err(|error: T::Err| bad(error.to_string()))
    }

    /// How long what is under way has to end.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// The collector of traces, if there is to be one.
    ///
    /// # Errors
    /// For what is no URL of HTTP.
    pub fn collector(&self) -> Result<Option<Url>, BadSetting> {
        if self.otlp_endpoint.is_empty() {
            return Ok(None);
        }
        match Url::parse(&self.otlp_endpoint) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(url)),
            _ => Err(BadSetting::new("HARVESTMAN_OTLP_ENDPOINT", "it is http://HOST:4318 or https://…")),
        }
    }

    /// What can be seen to be wrong without asking anybody.
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        let bad =
            |name: &str, why: &dyn std::fmt::Display| Err(BadSetting::new(format!("{PREFIX}{name}"), why));
        for (name, url) in [("STORE", &self.store), ("QUEUE", &self.queue), ("ARCHIVE", &self.archive)] {
            if !url.contains("://") {
                return bad(name, &"it is a URL, SCHEME://…");
            }
        }
        if self.admin_listen.parse::<SocketAddr>().is_err() {
            return bad("ADMIN_LISTEN", &"it is ADDRESS:PORT, 127.0.0.1:9090 or [::]:9090");
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log_level) {
            return bad("LOG_LEVEL", &error);
        }
        if !(0.0..=1.0).contains(&self.otlp_ratio) {
            return bad("OTLP_RATIO", &"it is a share, from 0 to 1");
        }
        self.collector().map(drop)
    }
}
