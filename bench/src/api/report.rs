//! Figures for people and for programs, and what is promised.

use super::export::Exported;
use super::load::Took;
use super::usage::Usage;
use anyhow::Result;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// What 99 of 100 reads take at most, in milliseconds.
const PROMISED: f64 = 25.0;

/// All that was measured of one kind of server.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which.
    pub kind: String,
    /// Reads a second.
    pub rate: u32,
    /// Pages that were harvested meanwhile.
    pub pages: u64,
    /// Reads, beside different things.
    pub readings: Vec<Reading>,
    /// Clients that hear nothing.
    pub quiet: Quiet,
}

/// Reads for a while; times in milliseconds, memory in MB.
#[derive(Debug, Serialize)]
pub struct Reading {
    beside: String,
    reads: usize,
    failed: usize,
    p50: f64,
    p99: f64,
    p999: f64,
    most: f64,
    cpu: f64,
    memory: f64,
    export_mb: Option<f64>,
    export_seconds: Option<f64>,
}

/// Clients that hear nothing; memory in MB.
#[derive(Debug, Serialize)]
pub struct Quiet {
    pub clients: usize,
    pub before: f64,
    pub memory: f64,
    pub cpu: f64,
    pub files: usize,
    pub lost: usize,
    pub told_ms: u128,
}

impl Reading {
    /// What was read beside this.
    pub fn of(beside: &str, took: &Took, usage: &Usage, export: Option<Exported>) -> Self {
        let ms = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
        Reading {
            beside: beside.to_owned(),
            reads: took.all(),
            failed: took.failed,
            p50: ms(took.per_mille(500)),
            p99: ms(took.per_mille(990)),
            p999: ms(took.per_mille(999)),
            most: ms(took.most()),
            cpu: usage.cpu(),
            memory: usage.peak(),
            export_mb: export.as_ref().map(|export| export.bytes as f64 / 1e6),
            export_seconds: export.map(|export| export.took.as_secs_f64()),
        }
    }
}

/// Prints them, as Markdown.
pub fn print(figures: &Figures) -> Result<()> {
    let mut out = std::io::stdout();
    let Figures { kind, rate, pages, quiet, .. } = figures;
    writeln!(out, "\n{kind}: {rate} reads a second, {pages} pages harvested meanwhile")?;
    writeln!(out, "| beside | reads | failed | p50 ms | p99 | p99.9 | most | CPU | peak MB | export |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    for r in &figures.readings {
        let export = match (r.export_mb, r.export_seconds) {
            (Some(mb), Some(seconds)) => format!("{mb:.0} MB in {seconds:.1} s"),
            _ => "-".to_owned(),
        };
        writeln!(
            out,
            "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {export} |",
            r.beside, r.reads, r.failed, r.p50, r.p99, r.p999, r.most, r.cpu, r.memory
        )?;
        if r.p99 > PROMISED || r.failed > 0 {
            writeln!(out, "!!! beside {}: {PROMISED} ms at p99 without a failure are promised", r.beside)?;
        }
    }
    writeln!(
        out,
        "{} clients follow a paused run: {:.1} MB ({:.1} before, {:.1} KB each), {:.3} CPU, {} open files, {} lost; \
         all told of its end after {} ms",
        quiet.clients,
        quiet.memory,
        quiet.before,
        (quiet.memory - quiet.before) * 1e3 / quiet.clients.max(1) as f64,
        quiet.cpu,
        quiet.files,
        quiet.lost,
        quiet.told_ms
    )?;
    Ok(())
}

/// The figures as JSON.
pub fn write(path: &Path, figures: &[Figures]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, serde_json::to_vec_pretty(figures)?)?)
}
