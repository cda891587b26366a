//! What every command that asks a server takes.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use url::Url;

/// A command that asks a server.
#[derive(Debug, Args)]
pub struct Remote<C: Subcommand> {
    /// The server.
    #[command(flatten)]
    pub to: Connection,
    /// What to do.
    #[command(subcommand)]
    pub command: C,
}

/// Which server is asked, and how its answers are shown. The key comes from `HARVESTMAN_API_KEY` or a file, so
/// that no list of processes shows it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub struct Connection {
    /// The server.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "HARVESTMAN_API",
        default_value = "http://127.0.0.1:8080"
    )]
    pub api: Url,
    /// A file that holds the key; without it, HARVESTMAN_API_KEY is the key.
    #[arg(long, global = true, value_name = "FILE", env = "HARVESTMAN_API_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// Also trust the certificates of these authorities: a file in PEM.
    #[arg(long, global = true, value_name = "FILE", env = "HARVESTMAN_EXTRA_CA")]
    pub ca: Option<PathBuf>,
    /// For machines: lists as one JSON object a line, all else as one JSON object.
    #[arg(long, global = true)]
    pub json: bool,
}

/// How much of a list.
#[derive(Debug, Args)]
pub struct Paging {
    /// At most so many rows.
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    pub limit: u64,
    /// All rows.
    #[arg(long)]
    pub all: bool,
    /// Go on where an earlier list ended.
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
}
