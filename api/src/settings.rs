//! The settings of the API as a service of its own.

use crate::Config;
use serde::{Deserialize, Serialize};

/// Where the API listens, who is let in, and the API's own settings.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The address of the API.
    pub listen: String,
    /// A key that is an administrator of the default tenant, to begin with. Empty: none.
    pub key: String,
    /// The operator says: whoever reaches the port may do all, even from other machines.
    pub open: bool,
    /// The API's own.
    #[serde(flatten)]
    pub config: Config,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: "127.0.0.1:8080".into(),
            key: String::new(),
            open: false,
            config: Config::default(),
        }
    }
}
