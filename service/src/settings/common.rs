use super::{BadSetting, PREFIX};
use crate::telemetry::LogFormat;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

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
    /// How log lines look: `text` or `json`.
    pub log_format: LogFormat,
    /// What is logged: `info`, or `info,worker=debug`.
    pub log_level: String,
    /// Seconds that what is under way has to end after a SIGTERM.
    pub drain_seconds: u64,
}

impl Default for Common {
    fn default() -> Self {
        Common {
            store: "sqlite://harvestman-data/harvestman.db".into(),
            queue: "memory://".into(),
            archive: "file://harvestman-data/archive".into(),
            admin_listen: "127.0.0.1:9090".into(),
            allow: String::new(),
            log_format: LogFormat::Text,
            log_level: "info".into(),
            drain_seconds: 25,
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

    /// How long what is under way has to end.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
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
        Ok(())
    }
}
