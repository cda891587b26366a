//! The effective settings, for people: as a file that could be given, secrets hidden.

use super::Settings;
use crate::shown::{HIDDEN, is_secret, shown};
use serde::Serialize;
use toml::{Table, Value};

impl<C: Serialize> Settings<C> {
    /// As TOML. What it says of secrets is only that they are there.
    pub fn show(&self, stage: &str) -> String {
        // Settings are numbers, texts and flags: they always fit.
        let mut table = Table::try_from(&self.common).unwrap_or_default();
        let mut own = Table::try_from(&self.stage).unwrap_or_default();
        hide(&mut table);
        hide(&mut own);
        table.insert(stage.to_owned(), Value::Table(own));
        table.to_string()
    }
}

fn hide(table: &mut Table) {
    for (key, value) in table.iter_mut() {
        let Value::String(text) = value else { continue };
        if is_secret(key) && !text.is_empty() {
            HIDDEN.clone_into(text);
        } else {
            *text = shown(text);
        }
    }
}
