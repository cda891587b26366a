//! `harvestman dead-letters`.

use super::Paging;
use clap::{Args, Subcommand, ValueEnum};

/// Look at what nobody could handle. With a store, all letters of it; else those that the server shows to the key.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List dead letters, oldest first; from a store, one JSON object a line.
    List {
        /// Of this run.
        #[arg(long)]
        run: Option<i64>,
        /// Only such.
        #[arg(long, value_enum)]
        about: Option<About>,
        /// Only those that were sent on their way again, or only the others.
        #[arg(long, value_name = "true|false")]
        replayed: Option<bool>,
        /// After this letter; of a store.
        #[arg(long, value_name = "ID", requires = "store")]
        after: Option<i64>,
        #[command(flatten)]
        paging: Paging,
        #[command(flatten)]
        store: StoreFlag,
    },
    /// Show one, with its bytes.
    Show {
        /// Its number.
        id: i64,
        #[command(flatten)]
        store: StoreFlag,
    },
    /// Send one on its way again: a message to its lane, a page back into its run.
    Replay {
        /// Its number.
        id: i64,
        #[command(flatten)]
        store: StoreFlag,
        /// The queue, as the services know it; with a store.
        #[arg(long, value_name = "URL", env = "HARVESTMAN_QUEUE", hide_env_values = true)]
        queue: Option<String>,
    },
    /// Forget one.
    Drop {
        /// Its number.
        id: i64,
        #[command(flatten)]
        store: StoreFlag,
    },
}

/// What a dead letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum About {
    /// A page that broke whoever handled it.
    Page,
    /// A message that nobody could handle.
    Message,
}

/// A store that is asked in the place of a server.
#[derive(Debug, Args)]
pub struct StoreFlag {
    /// Straight from this store, as the services know it, and not through a server.
    #[arg(long, value_name = "URL", env = "HARVESTMAN_STORE", hide_env_values = true)]
    pub store: Option<String>,
}
