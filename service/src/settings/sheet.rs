//! All settings of a service as one table, filled in place by place.

use super::names::{is_service_link, unknown};
use super::{BadSetting, Common, PREFIX, STAGES};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use toml::{Table, Value};

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The end of the name of a setting whose value is in a file.
const FILE: &str = "_file";

/// Settings of all services, and those of one stage.
pub(super) struct Sheet {
    stage: &'static str,
    common: Table,
    own: Table,
}

/// What a name stands for.
enum Place {
    /// A setting.
    Here(&'static str, String),
    /// The file that holds a setting's text.
    File(&'static str, String),
    /// Nothing of this service.
    Elsewhere,
}

/// The section of the settings that all have.
const COMMON: &str = "";

fn table(settings: &impl Serialize) -> Result<Table, BadSetting> {
    // Settings are numbers, texts and flags: they always fit.
    Table::try_from(settings).map_err(|error| BadSetting::new("defaults", error))
}

fn load(path: &Path) -> Result<String, String> {
    let read = || {
        let size = std::fs::metadata(path)?.len();
        if size > MAX_FILE {
            return Err(std::io::Error::other("it is too large"));
        }
        std::fs::read_to_string(path)
    };
    read().map_err(|error| format!("cannot read {}: {error}", path.display()))
}

impl Sheet {
    pub fn of(stage: &'static str, common: &Common, own: &impl Serialize) -> Result<Self, BadSetting> {
        Ok(Sheet { stage, common: table(common)?, own: table(own)? })
    }

    fn section(&mut self, section: &str) -> &mut Table {
        if section == COMMON { &mut self.common } else { &mut self.own }
    }

    fn known(&self) -> impl Iterator<Item = String> {
        let own = self.own.keys().map(|key| format!("{}_{key}", self.stage));
        self.common.keys().cloned().chain(own)
    }

    /// Fills in a TOML file.
    pub fn read(&mut self, path: &Path) -> Result<(), BadSetting> {
        let file = path.display();
        let text = load(path).map_err(|why| BadSetting::new(format!("{PREFIX}CONFIG"), why))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            BadSetting::new(file.to_string(), error.to_string().trim_end())
        })?;
        for (key, value) in table {
            match value {
                Value::Table(section) if STAGES.contains(&&*key) => {
                    if key == self.stage {
                        for (key, value) in section {
                            self.set(self.stage, &key, value, &format!("{file}: {}.{key}", self.stage))?;
                        }
                    }
                }
                value => self.set(COMMON, &key, value, &format!("{file}: {key}"))?,
            }
        }
        Ok(())
    }

    /// Fills in a variable, its name without `HARVESTMAN_` and in lower case.
    pub fn environment(&mut self, name: &str, text: &str) -> Result<(), BadSetting> {
        let source = format!("{PREFIX}{}", name.to_ascii_uppercase());
        match self.place(name).ok_or_else(|| self.no_setting(name, &source))? {
            Place::Elsewhere => Ok(()),
            Place::Here(section, key) => self.set_text(section, &key, text, &source),
            Place::File(section, key) => self.set_from(section, &key, text, &source),
        }
    }

    fn no_setting(&self, name: &str, source: &str) -> BadSetting {
        let known: Vec<String> = self.known().collect();
        let why = unknown(name, known.iter().map(String::as_str));
        BadSetting::new(source, why)
    }

    /// What a variable's name stands for; None: nothing.
    fn place(&self, name: &str) -> Option<Place> {
        let find = |name: &str| {
            let own = || {
                let key = name.strip_prefix(self.stage)?.strip_prefix('_')?;
                self.own.contains_key(key).then(|| (self.stage, key.to_owned()))
            };
            self.common.contains_key(name).then(|| (COMMON, name.to_owned())).or_else(own)
        };
        if let Some((section, key)) = find(name) {
            return Some(Place::Here(section, key));
        }
        if let Some((section, key)) = name.strip_suffix(FILE).and_then(find) {
            return Some(Place::File(section, key));
        }
        let of_another = |stage: &str| {
            let rest = name.strip_prefix(stage);
            stage != self.stage && rest.is_some_and(|rest| rest.starts_with('_'))
        };
        let elsewhere =
            is_service_link(name) || name.starts_with("test_") || STAGES.into_iter().any(of_another);
        elsewhere.then_some(Place::Elsewhere)
    }

    fn set(
        &mut self,
        section: &'static str,
        key: &str,
        value: Value,
        source: &str,
    ) -> Result<(), BadSetting> {
        if let Some(place) = self.section(section).get_mut(key) {
            *place = match (&*place, value) {
                // `1` is as good as `1.0`.
                (Value::Float(_), Value::Integer(whole)) => Value::Float(whole as f64),
                (was, value) if was.same_type(&value) => value,
                (was, value) => {
                    let why = format!("it is of type {}, not {}", was.type_str(), value.type_str());
                    return Err(BadSetting::new(source, why));
                }
            };
            return Ok(());
        }
        match (key.strip_suffix(FILE), value) {
            (Some(key), Value::String(path)) if self.section(section).contains_key(key) => {
                self.set_from(section, key, &path, source)
            }
            _ => {
                let known: Vec<String> = self.section(section).keys().cloned().collect();
                Err(BadSetting::new(source, unknown(key, known.iter().map(String::as_str))))
            }
        }
    }

    /// Sets a setting to what its file holds, without the line end.
    fn set_from(&mut self, section: &str, key: &str, path: &str, source: &str) -> Result<(), BadSetting> {
        let text = load(Path::new(path)).map_err(|why| BadSetting::new(source, why))?;
        self.set_text(section, key, text.trim_end_matches(['\r', '\n']), source)
    }

    /// Sets a setting to a text, read as what the setting is.
    fn set_text(&mut self, section: &str, key: &str, text: &str, source: &str) -> Result<(), BadSetting> {
        let Some(place) = self.section(section).get_mut(key) else { return Ok(()) };
        let read = match place {
            Value::String(_) => Some(Value::String(text.to_owned())),
            Value::Integer(_) => text.trim().parse().ok().map(Value::Integer),
            Value::Float(_) => text.trim().parse().ok().map(Value::Float),
            Value::Boolean(_) => text.trim().parse().ok().map(Value::Boolean),
            _ => None,
        };
        *place =
            read.ok_or_else(|| BadSetting::new(source, format!("it is of type {}", place.type_str())))?;
        Ok(())
    }

    /// The settings themselves.
    pub fn settings<C: DeserializeOwned>(self) -> Result<(Common, C), BadSetting> {
        Ok((fit("", self.common)?, fit(&format!("{}_", self.stage), self.own)?))
    }

    /// Whether a file holds exactly these settings and values.
    pub fn equals(&self, text: &str) -> Result<(), BadSetting> {
        let mut file: Table = text.parse().map_err(|error| BadSetting::new("sample", error))?;
        let own = match file.remove(self.stage) {
            Some(Value::Table(own)) => own,
            _ => Table::new(),
        };
        for stage in STAGES {
            file.remove(stage);
        }
        for (name, there, wanted) in [("all services", &file, &self.common), (self.stage, &own, &self.own)] {
            for (key, value) in wanted {
                if there.get(key) != Some(value) {
                    let why = format!("`{key} = {value}` is what the program has");
                    return Err(BadSetting::new(name, why));
                }
            }
            if let Some(key) = there.keys().find(|key| !wanted.contains_key(*key)) {
                return Err(BadSetting::new(name, format!("the program has no `{key}`")));
            }
        }
        Ok(())
    }
}

fn fit<T: DeserializeOwned>(prefix: &str, table: Table) -> Result<T, BadSetting> {
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let name = format!("{PREFIX}{}", format!("{prefix}{}", error.path()).to_ascii_uppercase());
        BadSetting::new(name, error.into_inner().to_string().trim_end())
    })
}
