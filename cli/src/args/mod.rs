//! The command line. The common settings of a job are flags; a job file has all of them.

mod client;
mod dead_letters;
mod inspect;
mod job;
mod jobs;
mod keys;
mod local;
mod reads;
mod runs;

pub use client::{Connection, Paging, Remote};
pub use dead_letters::{About, DeadLettersCommand};
pub use inspect::Inspect;
pub use job::{JobCommand, JobFlags};
pub use jobs::{JobsCommand, ScheduleFlags};
pub use keys::{KeyScope, KeysCommand, NewKeyFlags};
pub use local::{Crawl, Machine, ProgressMode, Serve};
pub use reads::{Export, HostsCommand, Outcome, PagesCommand, RecordsCommand};
pub use runs::{Change, RunsCommand};

use clap::{Parser, Subcommand};
#[cfg(feature = "cluster")]
use std::path::PathBuf;

/// Harvest typed records from web sites, with every raw page kept.
#[derive(Debug, Parser)]
#[command(name = "harvestman", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 bad use, 130 interrupted (go on with --resume).")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Harvest a site: dispatcher, worker and parser in this process, nothing else needed.
    Crawl(Box<Crawl>),
    /// Serve the REST API and do what it is told: all of Harvestman in this process, on this machine.
    Serve(Serve),
    /// Print the JSON Schema of a job.
    Schema,
    /// Work with job files.
    #[command(subcommand)]
    Job(JobCommand),
    /// Show how Harvestman understands a URL, a robots.txt or a page. Asks no server.
    #[command(subcommand)]
    Inspect(Inspect),
    /// Bring the database to this version of Harvestman. Services that run go on meanwhile.
    #[cfg(feature = "cluster")]
    Migrate {
        /// The store, as the services know it: `postgres://USER:PASSWORD@HOST/DATABASE`.
        #[arg(
            long,
            value_name = "URL",
            env = "HARVESTMAN_STORE",
            hide_env_values = true,
            required_unless_present = "store_file"
        )]
        store: Option<String>,
        /// A file that holds it, as secrets are mounted.
        #[arg(long, value_name = "FILE", env = "HARVESTMAN_STORE_FILE", conflicts_with = "store")]
        store_file: Option<PathBuf>,
    },
    /// Work with the archive of a cluster.
    #[cfg(feature = "cluster")]
    #[command(subcommand)]
    Storage(StorageCommand),
    /// Look at what nobody could handle: messages, and pages that broke their worker or parser.
    DeadLetters(Remote<DeadLettersCommand>),
    /// Work with the job definitions of a server.
    Jobs(Box<Remote<JobsCommand>>),
    /// Begin, watch and end runs on a server.
    Runs(Box<Remote<RunsCommand>>),
    /// Read the records of a run.
    Records(Remote<RecordsCommand>),
    /// See what became of the URLs of a run, and get the bytes that were received.
    Pages(Remote<PagesCommand>),
    /// See the hosts that are asked, hold and release them.
    Hosts(Remote<HostsCommand>),
    /// Work with the API keys of a server.
    Keys(Remote<KeysCommand>),
    /// Write the records of a run to a file.
    Export(Export),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Work with the archive of a cluster.
#[cfg(feature = "cluster")]
#[derive(Debug, Subcommand)]
pub enum StorageCommand {
    /// Make the bucket, unless it is there.
    Init {
        /// The archive, as the services know it: `s3://BUCKET/PREFIX?endpoint=…`.
        #[arg(long, value_name = "URL", env = "HARVESTMAN_ARCHIVE", hide_env_values = true)]
        archive: String,
    },
}
