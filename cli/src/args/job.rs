//! A job as flags, and `harvestman job`.

use clap::{Args, Subcommand};
use shared::job::{ByteSize, Delay, Span, Within};
use std::path::PathBuf;

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
    /// Run each page in a browser (Chromium), and read it as it looks there: for pages that are made by their scripts.
    #[arg(long, help_heading = "Request")]
    pub browser: bool,
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
