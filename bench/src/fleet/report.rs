//! Figures for people and for programs, and the limits that are promised.

use super::counts::Counts;
use super::sampler::Service;
use anyhow::Result;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// What 1,000 pages may ask of the servers at default settings on a busy run.
const MOST: Counts =
    Counts { puts: 20.0, gets: f64::INFINITY, messages: 60.0, transactions: 60.0, rows: f64::INFINITY };
/// How much processor time of one process the services together may take.
const MOST_CPU: f64 = 1.5;
/// What a process may have resident, in bytes.
const MOST_MEMORY: u64 = 200 << 20;

/// What one harvest cost.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Processes of the worker.
    workers: usize,
    /// Pages of all runs together.
    pages: f64,
    /// Pages a second, by the clock.
    pages_per_second: f64,
    /// Seconds of processor time per 1,000 pages, all services together.
    cpu_per_1000: f64,
    /// What the servers were asked per 1,000 pages, without what an idle fleet asks.
    per_1000: Counts,
    /// What an idle fleet asks in a second.
    idle: Counts,
    /// Each service's share.
    services: Vec<Service>,
}

impl Line {
    pub fn new(
        workers: usize,
        pages: f64,
        took: Duration,
        per_1000: Counts,
        idle: Counts,
        services: Vec<Service>,
    ) -> Self {
        let cpu: f64 = services.iter().map(|service| service.cpu).sum();
        Line {
            workers,
            pages,
            pages_per_second: pages / took.as_secs_f64(),
            cpu_per_1000: cpu / pages * 1_000.0,
            per_1000,
            idle,
            services,
        }
    }
}

/// Prints one harvest.
pub fn print(line: &Line) -> Result<()> {
    let mut out = std::io::stdout();
    let Line { workers, pages, per_1000, idle, .. } = line;
    writeln!(
        out,
        "\n{workers} workers, {pages} pages: {:.0} pages/s, {:.3} CPU-s per 1,000",
        line.pages_per_second, line.cpu_per_1000
    )?;
    writeln!(
        out,
        "per 1,000 pages: {:.1} PUTs, {:.1} GETs, {:.1} messages, {:.1} transactions, {:.0} kB of the database \
         (idle: {:.1} messages/s, {:.1} transactions/s)",
        per_1000.puts,
        per_1000.gets,
        per_1000.messages,
        per_1000.transactions,
        per_1000.rows / 1_000.0,
        idle.messages,
        idle.transactions
    )?;
    writeln!(out, "| service | processes | CPU-s per 1,000 | MiB, first tenth | most later | at the end |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for service in line.services.iter().filter(|service| service.processes > 0) {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        writeln!(
            out,
            "| {} | {} | {:.3} | {:.1} | {:.1} | {:.1} |",
            service.name,
            service.processes,
            service.cpu / pages * 1_000.0,
            mib(service.early),
            mib(service.late),
            mib(service.last)
        )?;
        if service.late > MOST_MEMORY {
            writeln!(out, "!!! a process has more than {} MiB", MOST_MEMORY >> 20)?;
        }
    }
    for (name, most, is) in [
        ("PUTs", MOST.puts, per_1000.puts),
        ("messages", MOST.messages, per_1000.messages),
        ("transactions", MOST.transactions, per_1000.transactions),
    ] {
        if is > most {
            writeln!(out, "!!! more than {most} {name} per 1,000 pages")?;
        }
    }
    Ok(())
}

/// Prints what services cost beside one process.
pub fn compare(lines: &[Line], alone: f64) -> Result<()> {
    let mut out = std::io::stdout();
    for line in lines {
        let ratio = line.cpu_per_1000 / alone;
        let verdict = if ratio > MOST_CPU { ", MORE THAN PROMISED" } else { "" };
        writeln!(
            out,
            "{} workers: {:.3} CPU-s per 1,000 pages, {ratio:.2} times those of one process ({alone:.3}){verdict}",
            line.workers, line.cpu_per_1000
        )?;
    }
    Ok(())
}

/// The figures as JSON.
pub fn write(path: &Path, lines: &[Line]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, serde_json::to_vec_pretty(lines)?)?;
    Ok(())
}
