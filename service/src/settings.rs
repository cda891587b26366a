//! A service's settings: from the environment, `HARVESTMAN_NAME`. Unknown names are refused.

use crate::telemetry::LogFormat;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the servers are, and how to log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The database.
    pub store: String,
    /// The broker.
    pub queue: String,
    /// The raw store.
    pub archive: String,
    /// The admin port.
    pub admin_listen: String,
    /// The API's port.
    pub api_listen: String,
    /// A key of the API that is not in the store: an administrator of the first tenant.
    pub api_key: String,
    /// `true`: the API needs no keys, even where others reach it.
    pub api_open: String,
    /// Hosts, addresses or networks that are not public and may be fetched all the same, separated
    /// by commas: `intranet.example`, `10.1.0.0/16`, `127.0.0.2:8080`.
    pub allow: String,
    /// How log lines look: `text` or `json`.
    pub log_format: LogFormat,
    /// What is logged: `info`, or `info,worker=debug`.
    pub log_level: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            store: "sqlite://harvestman-data/harvestman.db".into(),
            queue: "memory://".into(),
            archive: "file://harvestman-data/archive".into(),
            admin_listen: "127.0.0.1:9090".into(),
            api_listen: "127.0.0.1:8080".into(),
            api_key: String::new(),
            api_open: String::new(),
            allow: String::new(),
            log_format: LogFormat::Text,
            log_level: "info".into(),
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("environment: {0}")]
pub struct SettingsError(String);

/// What every setting's name in the environment begins with.
const PREFIX: &str = "HARVESTMAN_";

impl Settings {
    /// Reads the settings from environment variables.
    ///
    /// # Errors
    /// For a `HARVESTMAN_` variable that is no setting, or a value that does not fit.
    pub fn load(vars: impl Iterator<Item = (String, String)>) -> Result<Self, SettingsError> {
        let given: serde_json::Map<String, serde_json::Value> = vars
            .filter_map(|(name, value)| {
                let setting = name.strip_prefix(PREFIX)?.to_ascii_lowercase();
                Some((setting, serde_json::Value::String(value)))
            })
            .collect();
        serde_json::from_value(given.into())
            .map_err(|error| SettingsError(format!("{error} (names are {PREFIX}STORE and so on)")))
    }

    /// The entries of `allow`.
    pub fn allowed(&self) -> impl Iterator<Item = &str> {
        self.allow.split(',').map(str::trim).filter(|entry| !entry.is_empty())
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.clone();
        for url in [&mut shown.store, &mut shown.queue, &mut shown.archive] {
            if let Ok(mut parsed) = url::Url::parse(url)
                && parsed.password().is_some()
            {
                let _kept = parsed.set_password(Some("hidden"));
                *url = parsed.to_string();
            }
        }
        if !shown.api_key.is_empty() {
            shown.api_key = "hidden".into();
        }
        f.write_str(&serde_json::to_string_pretty(&shown).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(list: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn settings_come_from_the_environment() {
        let settings = Settings::load(vars(&[
            ("HARVESTMAN_LOG_FORMAT", "json"),
            ("PATH", "/bin"),
            ("HARVESTMAN_ALLOW", "a, b"),
        ]))
        .unwrap();
        assert_eq!(settings.log_format, LogFormat::Json);
        assert_eq!(settings.allowed().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let error = Settings::load(vars(&[("HARVESTMAN_STOER", "x")])).unwrap_err().to_string();
        assert!(error.contains("stoer") && error.contains("store"), "{error}");
    }

    #[test]
    fn passwords_are_hidden_when_shown() {
        let settings = Settings { store: "postgres://me:secret@db/x".into(), ..Settings::default() };
        assert!(!settings.to_string().contains("secret"));
    }
}
