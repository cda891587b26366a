//! A service's settings: its defaults, then a TOML file, then the environment; the later wins.
//!
//! `docs/harvestman.toml` holds and explains every setting. In the environment a setting of all services
//! is `HARVESTMAN_NAME`, one of a stage `HARVESTMAN_STAGE_NAME`. A text can also be in a file of its own
//! that `NAME_FILE` names, as secrets are. Unknown names are refused, with the nearest right one.

mod common;
mod names;
mod sheet;
mod show;

pub use common::Common;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sheet::Sheet;
use std::path::Path;

/// The stages, whose sections may stand in one file.
pub const STAGES: [&str; 4] = ["dispatcher", "worker", "parser", "api"];

/// What every setting's name in the environment begins with.
pub const PREFIX: &str = "HARVESTMAN_";

/// The settings of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings<C> {
    /// Those that all services have.
    pub common: Common,
    /// Those of its stage.
    pub stage: C,
}

/// A setting that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{setting}: {why}")]
pub struct BadSetting {
    /// Its name, as it was given.
    pub setting: String,
    /// What is wrong.
    pub why: String,
}

impl BadSetting {
    /// What is wrong with a setting.
    pub fn new(setting: impl Into<String>, why: impl std::fmt::Display) -> Self {
        BadSetting { setting: setting.into(), why: why.to_string() }
    }
}

impl<C: Serialize + DeserializeOwned> Settings<C> {
    /// Reads the settings of a stage: its defaults, what `file` says (else the file that
    /// `HARVESTMAN_CONFIG` names, if any), and what the environment says.
    ///
    /// # Errors
    /// For what is no setting, or a value that does not fit.
    pub fn load(
        stage: &'static str,
        defaults: &C,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, BadSetting> {
        let environment: Vec<_> = environment
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_ascii_lowercase(), value)))
            .collect();
        let named = environment.iter().find(|(name, _)| name == "config").map(|(_, path)| Path::new(path));
        let mut sheet = Sheet::of(stage, &Common::default(), defaults)?;
        if let Some(file) = file.or(named) {
            sheet.read(file)?;
        }
        for (name, value) in environment.iter().filter(|(name, _)| name != "config") {
            sheet.environment(name, value)?;
        }
        let (common, stage): (Common, C) = sheet.settings()?;
        common.check()?;
        Ok(Settings { common, stage })
    }
}

/// Compares a sample file with the settings that it is a sample of: it must hold each of them, with its
/// default, and no other.
///
/// # Errors
/// What is missing, or different.
pub fn is_sample<C: Serialize>(stage: &'static str, defaults: &C, text: &str) -> Result<(), BadSetting> {
    Sheet::of(stage, &Common::default(), defaults)?.equals(text)
}

#[cfg(test)]
mod tests;
