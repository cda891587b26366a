//! Benchmarks: Harvestman beside a bare loop, Scrapy and spider, on a site that is known exactly.
//!
//! `all` is the whole comparison, `scale` asks whether the cost of a page grows with the site. Both
//! start `site` as a process of its own, so that what it costs is not counted, and run each
//! contender under `measure`. A number counts only after `check` has found every page and record.

#[cfg(feature = "fleet")]
mod api;
mod bare;
mod check;
mod contender;
#[cfg(feature = "fleet")]
mod fleet;
mod measure;
mod report;
mod rounds;
mod scale;
mod site;

use clap::{Parser, Subcommand};

/// Benchmarks of Harvestman.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares all contenders, in several rounds.
    All(rounds::All),
    /// Measures at several sizes of the site.
    Scale(scale::Scale),
    /// Serves the known site; its address is the first line of the output.
    Site(site::Serve),
    /// Harvests a site with a bare loop: fetch, inflate, parse, select; nothing is kept.
    Bare(bare::Bare),
    /// Measures services of their own over real servers.
    #[cfg(feature = "fleet")]
    Fleet(fleet::Fleet),
    /// Measures what the API bears.
    #[cfg(feature = "fleet")]
    Api(api::Api),
    /// Judges a harvest by the site's truth and log. Fails if anything is wrong.
    Check(check::Check),
    /// Runs a command and writes down what it cost.
    Measure(measure::Measure),
}

fn main() -> anyhow::Result<()> {
    // Only this is linked in; it fails only where it was installed before.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    match Arguments::parse().command {
        Command::All(all) => all.run(),
        Command::Scale(scale) => scale.run(),
        Command::Site(serve) => serve.run(),
        Command::Bare(bare) => bare.run(),
        #[cfg(feature = "fleet")]
        Command::Fleet(fleet) => fleet.run(),
        #[cfg(feature = "fleet")]
        Command::Api(api) => api.run(),
        Command::Check(check) => check.run(),
        Command::Measure(measure) => measure.run(),
    }
}
