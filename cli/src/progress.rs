//! One line that moves, on standard error: pages, pages a second, open URLs, failures, time left.

use crate::args::ProgressMode;
use crate::say;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shared::ports::store::RunCounts;
use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The rate is taken over this long.
const WINDOW: Duration = Duration::from_secs(10);

/// How far a run is.
pub struct Progress {
    shown: Shown,
    page_limit: Option<u64>,
    seen: VecDeque<(Instant, u64)>,
}

enum Shown {
    Line(ProgressBar),
    Plain(Instant),
    Nothing,
}

impl Progress {
    /// Of a run of at most so many pages.
    pub fn new(mode: ProgressMode, page_limit: Option<u64>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let shown = match mode {
            ProgressMode::Auto if terminal => Shown::Line(line()),
            ProgressMode::Plain => Shown::Plain(Instant::now()),
            ProgressMode::Auto | ProgressMode::None => Shown::Nothing,
        };
        Progress { shown, page_limit, seen: VecDeque::new() }
    }

    /// Shows what is counted by now.
    pub fn show(&mut self, counts: &RunCounts) {
        let now = Instant::now();
        self.seen.push_back((now, counts.closed));
        while self.seen.front().is_some_and(|(then, _)| now - *then > WINDOW) {
            self.seen.pop_front();
        }
        let text = text(counts, self.rate(), self.page_limit);
        match &mut self.shown {
            Shown::Line(bar) => {
                bar.set_message(text);
                bar.tick();
            }
            Shown::Plain(last) if last.elapsed() >= WINDOW => {
                *last = now;
                say::err(text);
            }
            Shown::Plain(_) | Shown::Nothing => {}
        }
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if let Shown::Line(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }

    fn rate(&self) -> f64 {
        match (self.seen.front(), self.seen.back()) {
            (Some((then, before)), Some((now, after))) if now > then => {
                after.saturating_sub(*before) as f64 / (*now - *then).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}

fn line() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise}  {msg}") {
        bar.set_style(style);
    }
    bar
}

fn text(counts: &RunCounts, rate: f64, page_limit: Option<u64>) -> String {
    let open = counts.admitted.saturating_sub(counts.closed);
    let mut text = format!(
        "{} pages  {rate:.0}/s  {open} queued  {} failed  {} records",
        counts.pages, counts.failed, counts.records
    );
    // The end is known where a limit is nearer than the rest of the queue, or nothing new comes.
    let left = page_limit.map_or(open, |limit| open.min(limit.saturating_sub(counts.pages)));
    if rate > 0.0 && left > 0 {
        let seconds = (left as f64 / rate).ceil() as u64;
        let word = if page_limit.is_some() { "left" } else { "for the queue" };
        text.push_str(&format!("  {}:{:02} {word}", seconds / 60, seconds % 60));
    }
    text
}
