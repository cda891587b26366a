//! The known site as a process: serving it, and starting it as a child.

use anyhow::{Context, Result};
use clap::Args;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, Command, Stdio};
use testkit::site::{Flavour, Site, SiteSpec};

/// What the site is made from, as flags.
#[derive(Args, Clone)]
pub struct SpecFlags {
    /// All that is random comes from it.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Links on each page.
    #[arg(long, default_value_t = 50)]
    pub links: u16,
    /// Bytes a page, inflated.
    #[arg(long, default_value_t = 30_000)]
    pub page_bytes: usize,
    /// `clean` or `messy`.
    #[arg(long, default_value = "clean", value_parser = flavour)]
    pub flavour: Flavour,
    /// Send every page as it is.
    #[arg(long)]
    pub no_gzip: bool,
}

fn flavour(text: &str) -> Result<Flavour, String> {
    match text {
        "clean" => Ok(Flavour::Clean),
        "messy" => Ok(Flavour::Messy),
        _ => Err("use clean or messy".to_owned()),
    }
}

impl SpecFlags {
    /// The spec of a site of so many pages.
    pub fn spec(&self, pages: u32) -> SiteSpec {
        SiteSpec {
            seed: self.seed,
            pages,
            links_per_page: self.links,
            page_bytes: self.page_bytes,
            gzip: !self.no_gzip,
            flavour: self.flavour,
            ..SiteSpec::default()
        }
    }

    fn arguments(&self) -> Vec<String> {
        let flavour = if self.flavour == Flavour::Messy { "messy" } else { "clean" };
        let mut out: Vec<String> = [("--seed", self.seed.to_string()), ("--links", self.links.to_string())]
            .into_iter()
            .chain([("--page-bytes", self.page_bytes.to_string()), ("--flavour", flavour.to_owned())])
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect();
        out.extend(self.no_gzip.then(|| "--no-gzip".to_owned()));
        out
    }
}

/// Serves the known site.
#[derive(Args)]
pub struct Serve {
    /// Pages, the home page included.
    #[arg(long, default_value_t = 1000)]
    pages: u32,
    #[command(flatten)]
    spec: SpecFlags,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port; 0 is any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Prepare every answer before the address is printed.
    #[arg(long)]
    prepare: bool,
    /// Hold each answer back so long, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// `Crawl-delay` of robots.txt, in seconds.
    #[arg(long)]
    crawl_delay: Option<f64>,
    /// End when standard input ends, as it does when the process that started this one is gone.
    #[arg(long)]
    with_parent: bool,
}

impl Serve {
    /// Serves until the process is stopped.
    #[tokio::main]
    pub async fn run(self) -> Result<()> {
        let listener = tokio::net::TcpListener::bind((self.host, self.port)).await?;
        let running = Site::new(self.spec.spec(self.pages)).serve(listener).await?;
        running.turn(|knobs| {
            knobs.latency_ms = self.latency_ms;
            knobs.robots.crawl_delay = self.crawl_delay;
        });
        if self.prepare {
            running.prepare();
        }
        writeln!(std::io::stdout(), "{}/", running.origin())?;
        if self.with_parent {
            let wait = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            tokio::task::spawn_blocking(wait).await??;
            return Ok(());
        }
        std::future::pending().await
    }
}

/// The known site in a child process, which ends with this value.
pub struct Served {
    child: Child,
    /// The home page's URL.
    pub url: String,
}

impl Served {
    /// Starts a site, and waits until all its answers are prepared.
    pub fn start(pages: u32, spec: &SpecFlags) -> Result<Self> {
        Self::start_slow(pages, spec, 0)
    }

    /// The same, of a site that holds each answer back so long.
    pub fn start_slow(pages: u32, spec: &SpecFlags, latency_ms: u64) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["site", "--prepare", "--with-parent", "--pages", &pages.to_string()])
            .args(["--latency-ms", &latency_ms.to_string()])
            .args(spec.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the site does not start")?;
        let mut url = String::new();
        let output = child.stdout.take().context("the site has no output")?;
        BufReader::new(output).read_line(&mut url)?;
        anyhow::ensure!(!url.is_empty(), "the site ended before it was ready");
        Ok(Served { child, url: url.trim().to_owned() })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
