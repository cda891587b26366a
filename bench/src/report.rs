//! Figures for people and for programs.

use crate::contender::Contender;
use crate::measure::Cost;
use crate::rounds::Outcome;
use anyhow::Result;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use testkit::site::Verdict;

/// A contender's figures: medians over all rounds, the worst of what must not be bad.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Who.
    pub contender: &'static str,
    /// Pages of the site.
    pub pages: u32,
    /// Rounds that ended.
    pub rounds: usize,
    /// Seconds of processor time for 1,000 pages.
    pub cpu_per_1000: f64,
    /// To the bare loop of the same round; None without one.
    pub ratio: Option<f64>,
    /// Pages a second, by the clock on the wall.
    pub pages_per_second: f64,
    /// Peak memory in MB (1,000,000 bytes); the largest of all rounds.
    pub rss_mb: f64,
    /// Per cent of the pages that were fetched; the worst round.
    pub pages_percent: f64,
    /// Per cent of the records that are there and right; None where none are made.
    pub records_percent: Option<f64>,
    /// Targets fetched more often than needed; the worst round.
    pub fetched_twice: usize,
    /// Requests for what robots.txt denies; the worst round.
    pub denied: usize,
    /// Every page and record was there in every round, so that the figures count.
    pub counts: bool,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

impl Line {
    /// The figures of a contender; None if no round of it ended.
    pub fn of(contender: Contender, pages: u32, outcomes: &[Outcome]) -> Option<Line> {
        let own: Vec<&Outcome> = outcomes.iter().filter(|o| o.contender == contender).collect();
        if own.is_empty() {
            return None;
        }
        let thousands = f64::from(pages) / 1000.0;
        let ratios: Vec<f64> = own
            .iter()
            .filter_map(|o| {
                let bare = outcomes.iter().find(|b| b.contender == Contender::Bare && b.round == o.round)?;
                Some(o.cost.cpu / bare.cost.cpu)
            })
            .collect();
        let of = |value: fn(&Outcome) -> f64| own.iter().map(|o| value(o)).collect::<Vec<_>>();
        let worst = |value: fn(&Verdict) -> f64| own.iter().map(|o| value(&o.verdict)).fold(100.0, f64::min);
        let most = |value: fn(&Verdict) -> usize| own.iter().map(|o| value(&o.verdict)).max().unwrap_or(0);
        let makes_records = own.iter().any(|o| o.verdict.records_expected > 0);
        let pages_percent = worst(Verdict::completeness);
        let records_percent = makes_records.then(|| worst(Verdict::record_completeness));
        Some(Line {
            contender: contender.name(),
            pages,
            rounds: own.len(),
            cpu_per_1000: median(of(|o| o.cost.cpu)) / thousands,
            ratio: (!ratios.is_empty()).then(|| median(ratios)),
            pages_per_second: f64::from(pages) / median(of(|o| o.cost.wall)),
            rss_mb: of(|o| o.cost.rss as f64).into_iter().fold(0.0, f64::max) / 1e6,
            pages_percent,
            records_percent,
            fetched_twice: most(|v| v.fetched_twice.len()),
            denied: most(|v| v.denied_fetched.len()),
            counts: pages_percent >= 100.0 && records_percent.is_none_or(|p| p >= 100.0),
        })
    }
}

/// A word on the way.
pub fn progress(who: Contender, round: u32, cost: &Cost, verdict: &Verdict) -> Result<()> {
    writeln!(
        std::io::stderr(),
        "round {round}: {:<11} {:7.2} CPU-s {:7.2} s {:7.1} MB, {:.2} % of pages, {:.2} % of records",
        who.name(),
        cost.cpu,
        cost.wall,
        cost.rss as f64 / 1e6,
        verdict.completeness(),
        verdict.record_completeness(),
    )?;
    Ok(())
}

/// The table, in Markdown.
pub fn table(lines: &[Line]) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "\n| contender | pages | CPU-s per 1,000 | to bare | pages/s | peak MB | pages % | records % | twice | denied |\n\
         |---|---|---|---|---|---|---|---|---|---|"
    )?;
    for line in lines {
        let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
        writeln!(
            out,
            "| {}{} | {} | {:.3} | {} | {:.0} | {:.1} | {:.2} | {} | {} | {} |",
            line.contender,
            if line.counts { "" } else { " (does not count)" },
            line.pages,
            line.cpu_per_1000,
            optional(line.ratio),
            line.pages_per_second,
            line.rss_mb,
            line.pages_percent,
            optional(line.records_percent),
            line.fetched_twice,
            line.denied,
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
