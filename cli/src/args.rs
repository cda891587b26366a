//! The command line. The common settings of a job are flags; a job file has all of them.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use egress::Allow;
use shared::job::{ByteSize, Delay, Span, Within};
use std::net::SocketAddr;
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
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
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

/// Look at what nobody could handle.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List dead letters, oldest first, one JSON object a line.
    List {
        /// After this letter.
        #[arg(long, value_name = "ID", default_value_t = 0)]
        after: i64,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
        /// The store.
        #[command(flatten)]
        store: StoreFlag,
    },
    /// Show one, with its bytes.
    Show {
        /// Its number.
        id: i64,
        /// The store.
        #[command(flatten)]
        store: StoreFlag,
    },
    /// Send one on its way again: a message to its lane, a page back into its run.
    Replay {
        /// Its number.
        id: i64,
        /// The store.
        #[command(flatten)]
        store: StoreFlag,
        /// The queue, as the services know it.
        #[arg(long, value_name = "URL", env = "HARVESTMAN_QUEUE", hide_env_values = true)]
        queue: String,
    },
    /// Forget one.
    Drop {
        /// Its number.
        id: i64,
        /// The store.
        #[command(flatten)]
        store: StoreFlag,
    },
}

/// Where the store is.
#[derive(Debug, Args)]
pub struct StoreFlag {
    /// The store, as the services know it.
    #[arg(long, value_name = "URL", env = "HARVESTMAN_STORE", hide_env_values = true)]
    pub store: String,
}

/// Work with job files.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Say what is wrong with a job, and where.
    Check {
        /// The job, YAML or JSON.
        file: PathBuf,
    },
    /// Print a job file with these seeds and flags, to begin with.
    New(Box<JobFlags>),
}

/// Show how Harvestman understands something. The answer is JSON.
#[derive(Debug, Subcommand)]
pub enum Inspect {
    /// A URL: its canonical form.
    Url {
        /// The URL, absolute or relative to --base.
        url: String,
        /// What a relative URL is joined with.
        #[arg(long)]
        base: Option<String>,
    },
    /// A robots.txt: whether a URL may be fetched.
    Robots {
        /// The file; `-` is standard input.
        file: PathBuf,
        /// The product token.
        #[arg(long, default_value = "Harvestman")]
        agent: String,
        /// The URLs asked for.
        #[arg(required = true)]
        urls: Vec<String>,
    },
    /// A page: its charset, metadata, links, and the records that a job would take.
    Page {
        /// The page's HTML; `-` is standard input.
        file: PathBuf,
        /// The URL it is from.
        #[arg(long, default_value = "https://example.com/")]
        url: String,
        /// Its Content-Type header.
        #[arg(long, default_value = "text/html")]
        content_type: String,
        #[command(flatten)]
        job: Box<JobFlags>,
    },
}

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

/// The settings of a job as flags. They come on top of a job file.
#[derive(Clone, Debug, Default, Args)]
pub struct JobFlags {
    /// Pages to begin with.
    #[arg(value_name = "SEED")]
    pub seeds: Vec<String>,
    /// A job file, YAML or JSON (`harvestman schema` describes it).
    #[arg(long, value_name = "FILE")]
    pub job: Option<PathBuf>,
    /// A file with one seed a line.
    #[arg(long, value_name = "FILE")]
    pub seeds_file: Option<PathBuf>,
    /// A sitemap to begin with.
    #[arg(long, value_name = "URL")]
    pub sitemap: Vec<String>,

    /// A field of a record: a CSS selector, `@` and an attribute after it if need be, a type after
    /// the name: `title=h1`, `link=a.buy@href`, `price:number=.price`.
    #[arg(short, long, value_name = "NAME[:TYPE]=CSS", help_heading = "Extraction")]
    pub field: Vec<String>,
    /// Each element that matches is one record.
    #[arg(long, value_name = "CSS", help_heading = "Extraction")]
    pub each: Option<String>,
    /// Each page's main content as Markdown, in the field `markdown`.
    #[arg(long, help_heading = "Extraction")]
    pub markdown: bool,
    /// Where the records go: .jsonl, .csv or .parquet, or `-`.
    #[arg(short, long, value_name = "FILE", help_heading = "Extraction")]
    pub out: Vec<PathBuf>,

    /// How far links may lead.
    #[arg(long, value_parser = within, value_name = "host|site|prefix|path|any", help_heading = "Scope")]
    pub within: Option<Within>,
    /// Follow only URLs that match this regular expression.
    #[arg(long, value_name = "REGEX", help_heading = "Scope")]
    pub include: Vec<String>,
    /// Do not follow URLs that match this regular expression.
    #[arg(long, value_name = "REGEX", help_heading = "Scope")]
    pub exclude: Vec<String>,
    /// Do not read the sitemaps that robots.txt names.
    #[arg(long, help_heading = "Scope")]
    pub no_sitemaps: bool,

    /// Stop after so many pages.
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_pages: Option<u64>,
    /// Links away from a seed.
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_depth: Option<u16>,
    /// Stop after so much time.
    #[arg(long, value_name = "TIME", help_heading = "Limits")]
    pub max_time: Option<Span>,
    /// Stop after so many bytes.
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    pub max_bytes: Option<ByteSize>,

    /// The pause between two requests to a host: `auto`, `500ms`, `2s`, 0.
    #[arg(long, value_name = "TIME", value_parser = delay, help_heading = "Politeness")]
    pub delay: Option<Delay>,
    /// Requests under way at one host within a lease.
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    pub concurrency: Option<u16>,
    /// Leases of one host at a time (only where the delay is 0).
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    pub lanes: Option<u16>,
    /// Do not fetch robots.txt. For one's own sites.
    #[arg(long, help_heading = "Politeness")]
    pub ignore_robots: bool,
    /// How the crawler names itself.
    #[arg(long, value_name = "TEXT", help_heading = "Politeness")]
    pub user_agent: Option<String>,
    /// An address for people whose site is harvested.
    #[arg(long, value_name = "URL|MAIL", help_heading = "Politeness")]
    pub contact: Option<String>,

    /// A header: `Name: value`.
    #[arg(short = 'H', long, value_name = "HEADER", help_heading = "Request")]
    pub header: Vec<String>,
    /// A cookie: `name=value`.
    #[arg(long, value_name = "COOKIE", help_heading = "Request")]
    pub cookie: Vec<String>,
    /// HTTP basic authentication: `user:password`.
    #[arg(long, value_name = "USER:PASSWORD", help_heading = "Request")]
    pub basic_auth: Option<String>,
}

fn within(text: &str) -> Result<Within, String> {
    serde_json::from_value(text.into()).map_err(|_| "use host, site, prefix, path or any".to_owned())
}

fn delay(text: &str) -> Result<Delay, String> {
    match text {
        "auto" => Ok(Delay::Auto),
        _ => text.parse::<Span>().map(|span| Delay::Fixed(span.0)).map_err(|why| format!("{why}, or `auto`")),
    }
}
