//! `harvestman crawl` and `serve`: all of it in one process.

use super::JobFlags;
use clap::{ArgAction, Args, ValueEnum};
use egress::Allow;
use shared::job::Span;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Harvest a site.
#[derive(Debug, Args)]
pub struct Crawl {
    #[command(flatten)]
    pub job: JobFlags,

    #[command(flatten)]
    pub machine: Machine,
    /// Go on with the unfinished run of the same job.
    #[arg(long)]
    pub resume: bool,
    /// How long a host may be down until its URLs are given up.
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub give_up: Span,
    /// A summary for machines: one JSON object on standard output (standard error if the records go
    /// there).
    #[arg(long)]
    pub json: bool,
    /// How to show progress, on standard error.
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: ProgressMode,
    /// No progress, no summary.
    #[arg(short, long)]
    pub quiet: bool,
    /// Log what happens; twice for more.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

/// Serve the REST API.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub machine: Machine,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", env = "HARVESTMAN_API_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A key that an administrator of the API sends; without any key only this machine is let in.
    #[arg(long, value_name = "KEY", env = "HARVESTMAN_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// How long a host may be down until its URLs are given up.
    #[arg(long, value_name = "TIME", default_value = "15m")]
    pub give_up: Span,
    /// Log more of what happens.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

/// What is kept on this machine, and what it may call and trust.
#[derive(Debug, Args)]
pub struct Machine {
    /// The folder that holds the frontier, the pages and the records.
    #[arg(long, value_name = "DIR", env = "HARVESTMAN_DATA", default_value = "harvestman-data")]
    pub data: PathBuf,
    /// Also allow this host, address or network although it is not public: `intranet.example`,
    /// `10.1.0.0/16`, `127.0.0.2:8080`. The seeds of `crawl` are allowed.
    #[arg(long, value_name = "HOST", env = "HARVESTMAN_ALLOW", value_delimiter = ',')]
    pub allow: Vec<Allow>,
    /// Also trust the certificates of these authorities: a file in PEM, such as that of a company's
    /// own network.
    #[arg(long, value_name = "FILE", env = "HARVESTMAN_EXTRA_CA")]
    pub ca: Option<PathBuf>,
    /// The Chromium for jobs whose pages need their scripts. `crawl --browser` finds one by itself.
    #[arg(long, value_name = "FILE", env = "HARVESTMAN_BROWSER")]
    pub browser_path: Option<PathBuf>,
    /// Run the browser without its own sandbox, as in a container that forbids user namespaces.
    #[arg(long, env = "HARVESTMAN_BROWSER_NO_SANDBOX")]
    pub browser_no_sandbox: bool,
}

/// How to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// A line that moves on a terminal, else none.
    Auto,
    /// A new line every ten seconds.
    Plain,
    /// None.
    None,
}
