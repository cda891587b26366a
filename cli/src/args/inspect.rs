//! `harvestman inspect`.

use super::JobFlags;
use clap::Subcommand;
use std::path::PathBuf;

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
