//! The table of docs/RELIABILITY.md: one line a fault, those that were played put in the place of the older ones.

use crate::faults::{ALL, Fault};
use std::path::Path;

/// Before and after the table.
const BEGIN: &str = "<!-- the kill matrix, written by `make chaos` -->";
const END: &str = "<!-- its end -->";
const HEAD: &str = "| | fault | strikes | pages | lost | duplicated | unexpected | recovered | invariants | took | seed |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|";

/// What a line shows.
pub struct Line<'a> {
    /// Which.
    pub fault: &'a Fault,
    /// How often it struck while a run was under way.
    pub strikes: u64,
    /// Pages that were there to be harvested.
    pub pages: usize,
    /// The four counters: lost, duplicated, unexpected, recovered.
    pub counters: [usize; 4],
    /// Whether all invariants hold.
    pub hold: bool,
    /// The longest run, in seconds.
    pub took: f64,
    /// The first round's seed.
    pub seed: u64,
}

impl Line<'_> {
    fn text(&self) -> String {
        let [lost, duplicated, unexpected, recovered] = self.counters;
        format!(
            "| {} | {} | {} | {} | {lost} | {duplicated} | {unexpected} | {recovered} | {} | {:.1} s | {} |",
            self.fault.id,
            self.fault,
            self.strikes,
            self.pages,
            if self.hold { "hold" } else { "BROKEN" },
            self.took,
            self.seed
        )
    }
}

/// Puts a line into the table of a file.
///
/// # Errors
/// The file cannot be read or written, or has no place for the table.
pub fn put(file: &Path, line: &Line<'_>) -> std::io::Result<()> {
    let text = std::fs::read_to_string(file)?;
    std::fs::write(file, with(&text, line).ok_or_else(|| std::io::Error::other("no place for the table"))?)
}

fn with(text: &str, line: &Line<'_>) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (table, after) = rest.split_once(END)?;
    let known =
        |id: &str| table.lines().find(|line| line.starts_with(&format!("| {id} |"))).map(str::to_owned);
    let lines = ALL.iter().filter_map(|fault| match fault.id == line.fault.id {
        true => Some(line.text()),
        false => known(fault.id),
    });
    let lines: Vec<String> = lines.collect();
    Some(format!("{before}{BEGIN}\n\n{HEAD}\n{}\n\n{END}{after}", lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::find;

    #[test]
    fn lines_stand_in_their_order_and_the_newest_counts() {
        let line = |id, recovered, seed| Line {
            fault: find(id).unwrap(),
            strikes: 2,
            pages: 180,
            counters: [0, 0, 0, recovered],
            hold: true,
            took: 1.25,
            seed,
        };
        let mut text = format!("before\n{BEGIN}\n{END}\nafter\n");
        for line in [line("F10", 1, 1), line("F0", 0, 1), line("F10", 7, 2)] {
            text = with(&text, &line).unwrap();
        }
        let table: Vec<&str> = text.lines().filter(|line| line.starts_with("| F")).collect();
        assert_eq!(
            table,
            [
                "| F0 | nothing goes wrong | 2 | 180 | 0 | 0 | 0 | 0 | hold | 1.2 s | 1 |",
                "| F10 | each worker dies at `worker.after_delivery` | 2 | 180 | 0 | 0 | 0 | 7 | hold | 1.2 s | 2 |",
            ]
        );
        assert!(text.starts_with("before\n") && text.ends_with("after\n"));
    }
}
