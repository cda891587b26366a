//! `harvestman records`, `pages`, `hosts` and `export`.

use super::{Connection, Paging};
use clap::{Args, Subcommand, ValueEnum};
use shared::job::Format;
use std::path::PathBuf;

/// Read the records of a run.
#[derive(Debug, Subcommand)]
pub enum RecordsCommand {
    /// List records, in the order in which they came.
    List {
        /// The run.
        run: i64,
        /// Those that were kept apart, with the reason.
        #[arg(long)]
        rejected: bool,
        /// Of this version of what was read from the pages; without it, of the current one.
        #[arg(long, value_name = "N")]
        version: Option<u32>,
        #[command(flatten)]
        paging: Paging,
    },
}

/// See what became of the URLs of a run.
#[derive(Debug, Subcommand)]
pub enum PagesCommand {
    /// List what became of a run's URLs, in the order in which they ended.
    List {
        /// The run.
        run: i64,
        /// How they ended.
        #[arg(long, value_enum)]
        outcome: Option<Outcome>,
        /// The HTTP status.
        #[arg(long, value_name = "CODE")]
        status: Option<u16>,
        /// Why: `robots_denied`, `http_404`.
        #[arg(long)]
        reason: Option<String>,
        /// What the URL begins with.
        #[arg(long, value_name = "URL")]
        url_prefix: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show what became of one URL.
    Show {
        /// The run.
        run: i64,
        /// The page's place in the run.
        seq: u64,
    },
    /// Get the bytes of a page's body, content codings undone.
    Body {
        /// The run.
        run: i64,
        /// The page's place in the run.
        seq: u64,
        /// Where they go; `-` is standard output.
        #[arg(short, long, value_name = "FILE", default_value = "-")]
        out: PathBuf,
    },
    /// Get the WARC record of a page: one gzip member.
    Warc {
        /// The run.
        run: i64,
        /// The page's place in the run.
        seq: u64,
        /// Where it goes; `-` is standard output.
        #[arg(short, long, value_name = "FILE", default_value = "-")]
        out: PathBuf,
    },
}

/// How a URL ended.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Outcome {
    Fetched,
    Redirected,
    Failed,
    Cut,
}

/// See the hosts that are asked, hold and release them.
#[derive(Debug, Subcommand)]
pub enum HostsCommand {
    /// List the hosts of unfinished runs, or of one run.
    List {
        /// Of this run.
        #[arg(long)]
        run: Option<i64>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a host, with its robots.txt.
    Show {
        /// Its id: 16 hexadecimal digits.
        id: String,
    },
    /// Hold a host: its URLs wait.
    Hold {
        /// Its id.
        id: String,
        /// Only for this run; without it, for all unfinished ones.
        #[arg(long)]
        run: Option<i64>,
    },
    /// Release a host that was held.
    Release {
        /// Its id.
        id: String,
        /// Only for this run; without it, for all unfinished ones.
        #[arg(long)]
        run: Option<i64>,
    },
}

/// Write the records of a run to a file.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub to: Connection,
    /// The run.
    pub run: i64,
    /// The file: .jsonl, .csv or .parquet; `-`, or none, is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The format, where the file's name does not say it.
    #[arg(long, value_parser = format, value_name = "jsonl|csv|parquet")]
    pub format: Option<Format>,
    /// Keep the file in the server's archive, beside the run's pages; with --out, fetch it from there.
    #[arg(long)]
    pub to_store: bool,
    /// Records of this version of what was read from the pages; without it, of the current one.
    #[arg(long, value_name = "N")]
    pub version: Option<u32>,
    /// Only records that were found where the URL begins with this.
    #[arg(long, value_name = "URL")]
    pub url_prefix: Option<String>,
}

fn format(text: &str) -> Result<Format, String> {
    serde_json::from_value(text.into()).map_err(|_| "use jsonl, csv or parquet".to_owned())
}
