//! The web that a fleet harvests: a few known sites, each a host of its own.

use shared::job::{Delay, Job, Span};
use std::time::Duration;
use testkit::site::{Running, Site, SiteSpec, extract};
use tokio::net::TcpListener;

/// The sites of a round.
pub struct Sites(pub Vec<Running>);

impl Sites {
    /// One messy site and some clean ones, of so many pages each, on addresses of their own.
    ///
    /// # Panics
    /// If an address is not to be had.
    pub async fn serve(seed: u64, clean: usize, pages: u32) -> Self {
        let mut sites = Vec::new();
        for n in 0..=clean {
            let like = if n == 0 { SiteSpec::messy(pages) } else { SiteSpec::clean(pages) };
            // The last one sends its pages as they are, so that a worker can read them.
            let gzip = n != clean;
            let spec =
                SiteSpec { seed: seed + n as u64, page_bytes: 3_000, links_per_page: 10, gzip, ..like };
            sites.push(serve(spec, n).await);
        }
        Sites(sites)
    }

    /// All of them, as the setting `allow` has it.
    pub fn allow(&self) -> String {
        let all: Vec<String> = self.0.iter().map(|site| site.address().to_string()).collect();
        all.join(",")
    }

    /// A job that harvests them.
    pub fn job(&self, delay: Duration) -> Job {
        let mut job = Job::of_seeds(self.0.iter().map(|site| format!("{}/", site.origin())));
        job.politeness.delay = Delay::Fixed(delay);
        job.request.timeouts.total = Span(Duration::from_secs(3));
        job.request.timeouts.first_byte = Span(Duration::from_secs(3));
        job.limits.tries = 10;
        job.extract = Some(extract());
        job
    }

    /// Requests so far.
    pub fn hits(&self) -> usize {
        self.0.iter().map(|site| site.log().len()).sum()
    }

    /// Pages in all.
    pub fn pages(&self) -> usize {
        self.0.iter().map(|site| site.truth().len()).sum()
    }

    /// As new.
    pub fn reset(&self) {
        self.0.iter().for_each(Running::reset);
    }
}

/// Serves a site at 127.0.0.2 and upwards.
pub async fn serve(spec: SiteSpec, n: usize) -> Running {
    let address = format!("127.0.0.{}:0", 2 + n % 200);
    let listener = TcpListener::bind(&address).await.expect("an address of our own");
    let site = tokio::task::spawn_blocking(|| Site::new(spec)).await.expect("a site");
    site.serve(listener).await.expect("a second port")
}
