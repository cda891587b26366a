use serde::Serialize;
use std::fmt;

/// What the judge found. The lists name each page with its oddities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Pages that every crawler must find.
    pub pages_expected: usize,
    /// Of these, the pages that were fetched with success.
    pub pages_fetched: usize,
    /// Of these, the pages that were not.
    pub lost: Vec<String>,
    /// Records that every harvest must have; 0 where records were not judged.
    pub records_expected: usize,
    /// Of these, those that are there and right.
    pub records_right: usize,
    /// Pages without a record.
    pub missing_records: Vec<String>,
    /// Records with a field that is not as it should be.
    pub wrong_records: Vec<String>,
    /// Pages with more than one record.
    pub duplicated: Vec<String>,
    /// Records of pages that there are not, and lines that are no records.
    pub unexpected: Vec<String>,
    /// Targets that were asked for more often than one undisturbed crawl may.
    pub fetched_twice: Vec<String>,
    /// Requests for what robots.txt denies.
    pub denied_fetched: Vec<String>,
    /// Requests for what is no link.
    pub phantom_fetched: Vec<String>,
    /// Requests that reached the other host.
    pub out_of_scope_fetched: Vec<String>,
    /// Requests for what does not exist and nobody linked: links that were joined wrongly.
    pub unknown_fetched: Vec<String>,
    /// Requests inside traps and redirect loops. Some are needed to see what they are.
    pub trap_fetched: usize,
}

impl Verdict {
    /// Per cent of the pages that were fetched.
    pub fn completeness(&self) -> f64 {
        percent(self.pages_fetched, self.pages_expected)
    }

    /// Per cent of the records that are there and right; 100 where records were not judged.
    pub fn record_completeness(&self) -> f64 {
        percent(self.records_right, self.records_expected)
    }

    /// Every page and record once and right, and nothing that should not be. Traps are not judged.
    pub fn is_perfect(&self) -> bool {
        self.lists().iter().all(|(_, list)| list.is_empty())
    }

    fn lists(&self) -> [(&'static str, &Vec<String>); 10] {
        [
            ("lost", &self.lost),
            ("missing records", &self.missing_records),
            ("wrong records", &self.wrong_records),
            ("duplicated", &self.duplicated),
            ("unexpected", &self.unexpected),
            ("fetched twice", &self.fetched_twice),
            ("denied fetched", &self.denied_fetched),
            ("phantoms fetched", &self.phantom_fetched),
            ("out of scope fetched", &self.out_of_scope_fetched),
            ("unknown fetched", &self.unknown_fetched),
        ]
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pages   {}/{} ({:.2} %)", self.pages_fetched, self.pages_expected, self.completeness())?;
        if self.records_expected > 0 {
            let per_cent = self.record_completeness();
            writeln!(f, "records {}/{} ({per_cent:.2} %)", self.records_right, self.records_expected)?;
        }
        for (name, list) in self.lists() {
            if !list.is_empty() {
                writeln!(f, "{name}: {}", list.len())?;
                for line in list.iter().take(5) {
                    writeln!(f, "  {line}")?;
                }
            }
        }
        write!(f, "requests inside traps: {}", self.trap_fetched)
    }
}
