//! `harvestman keys`.

use super::Paging;
use clap::{Args, Subcommand, ValueEnum};
use shared::job::Span;

/// Work with the API keys of a server.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key. It is shown this once.
    Create(NewKeyFlags),
    /// List keys, newest first, without their secrets.
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// End a key. All processes of the server know within half a minute.
    Revoke {
        /// Its id: what stands between `hm_` and the next `_`.
        id: String,
    },
    /// Make a key with the same name and scope in the place of one, which goes on for a while.
    Rotate {
        /// Its id.
        id: String,
        /// How long the old one goes on.
        #[arg(long, value_name = "TIME", default_value = "24h")]
        overlap: Span,
    },
}

/// A key to be.
#[derive(Debug, Args)]
pub struct NewKeyFlags {
    /// What it is for.
    pub name: String,
    /// What it may do; each includes those before it.
    #[arg(long, value_enum, default_value = "read")]
    pub scope: KeyScope,
    /// When it ends: `90d`; without it, it does not end by itself.
    #[arg(long, value_name = "TIME")]
    pub expires: Option<Span>,
    /// For another tenant; for administrators of the first one.
    #[arg(long, value_name = "ID")]
    pub tenant: Option<i64>,
    /// Straight into a store, where there is no key yet that a server would let in: `sqlite://DIR/harvestman.db` of
    /// a `serve` that does not run, `postgres://…`.
    #[arg(long, value_name = "URL", env = "HARVESTMAN_STORE", hide_env_values = true)]
    pub store: Option<String>,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum KeyScope {
    /// Look.
    Read,
    /// Begin, change and end.
    Write,
    /// Keys, and tenants.
    Admin,
}
