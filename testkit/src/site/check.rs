//! The judge: a harvest's records and the site's access log against the truth.

use super::log::Hit;
use super::resource::Resource;
use super::target::canonical;
use super::truth::Truth;
use super::verdict::Verdict;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{self, BufRead};

/// How strictly records are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// Numbers must be numbers and yes must be true.
    #[default]
    Typed,
    /// A field may also be the text that stands on the page.
    Texts,
}

/// Judges a harvest. `records` is JSON Lines; where a harvest made none, only the log is judged.
///
/// A record tells its page by `_page.final_url`, `_page.url`, `final_url` or `url`, the first that
/// there is.
///
/// # Errors
/// The records cannot be read. Lines that are no JSON are counted as unexpected instead.
pub fn check<R: BufRead>(
    truth: &Truth<'_>,
    records: Option<R>,
    hits: &[Hit],
    compare: Compare,
) -> io::Result<Verdict> {
    let mut verdict = Verdict::default();
    judge_requests(truth, hits, &mut verdict);
    match records {
        Some(records) => judge_records(truth, records, compare, &mut verdict)?,
        None => verdict.records_expected = 0,
    }
    Ok(verdict)
}

fn judge_requests(truth: &Truth<'_>, hits: &[Hit], verdict: &mut Verdict) {
    let pages = truth.len();
    let mut asked = vec![0u32; pages];
    let mut fetched = vec![false; pages];
    let mut others: HashMap<String, u32> = HashMap::new();
    for hit in hits {
        if hit.elsewhere {
            verdict.out_of_scope_fetched.push(hit.target.clone());
            continue;
        }
        match truth.resolve(&hit.target) {
            Resource::Page(i) => {
                asked[i as usize] += 1;
                fetched[i as usize] |= hit.status == 200;
            }
            Resource::Denied => verdict.denied_fetched.push(hit.target.clone()),
            Resource::Phantom => verdict.phantom_fetched.push(hit.target.clone()),
            Resource::Nothing if hit.target.starts_with("/__bad/") => {}
            Resource::Nothing => verdict.unknown_fetched.push(hit.target.clone()),
            Resource::Trap => verdict.trap_fetched += 1,
            Resource::Robots => {}
            Resource::Redirect { .. } if hit.target.starts_with("/loop/") => verdict.trap_fetched += 1,
            _ => *others.entry(canonical(&hit.target)).or_default() += 1,
        }
    }
    for (i, (asked, fetched)) in (0u32..).zip(asked.into_iter().zip(fetched)) {
        if truth.must(i) {
            verdict.pages_expected += 1;
            if fetched {
                verdict.pages_fetched += 1;
            } else {
                verdict.lost.push(describe(truth, i));
            }
        }
        if asked > truth.requests(i) {
            verdict.fetched_twice.push(format!("{} ({asked} times)", describe(truth, i)));
        }
    }
    for (target, times) in others {
        if times > 1 {
            verdict.fetched_twice.push(format!("{target} ({times} times)"));
        }
    }
}

fn judge_records<R: BufRead>(
    truth: &Truth<'_>,
    records: R,
    compare: Compare,
    verdict: &mut Verdict,
) -> io::Result<()> {
    // Number of records and of right ones, by page.
    let mut found = vec![(0u32, 0u32); truth.len()];
    for line in records.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let record = serde_json::from_str::<Map<String, Value>>(&line).ok();
        let page = record.as_ref().and_then(url_of).and_then(|url| truth.page_at(url));
        let (Some(record), Some(i)) = (record, page.filter(|i| *i > 0)) else {
            verdict.unexpected.push(line.chars().take(200).collect());
            continue;
        };
        let counts = &mut found[i as usize];
        counts.0 += 1;
        match difference(truth, i, &record, compare) {
            None => counts.1 += 1,
            Some(difference) => {
                verdict.wrong_records.push(format!("{}: {difference}", describe(truth, i)));
            }
        }
    }
    for (i, (records, right)) in (0u32..).zip(found).skip(1) {
        if truth.must(i) {
            verdict.records_expected += 1;
            verdict.records_right += usize::from(right > 0);
            if records == 0 {
                verdict.missing_records.push(describe(truth, i));
            }
        }
        if records > 1 {
            verdict.duplicated.push(format!("{} ({records} records)", describe(truth, i)));
        }
    }
    Ok(())
}

fn describe(truth: &Truth<'_>, i: u32) -> String {
    let page = truth.page(i);
    format!("{} [{}]", page.url, page.oddity)
}

fn url_of(record: &Map<String, Value>) -> Option<&str> {
    let page = record.get("_page").and_then(Value::as_object);
    let named = |map: &'_ Map<String, Value>, name: &str| map.get(name).is_some_and(Value::is_string);
    for name in ["final_url", "url"] {
        if let Some(page) = page.filter(|page| named(page, name)) {
            return page[name].as_str();
        }
    }
    ["final_url", "url"].into_iter().find_map(|name| record.get(name)?.as_str())
}

/// The first field that is not as it should be.
fn difference(truth: &Truth<'_>, i: u32, record: &Map<String, Value>, compare: Compare) -> Option<String> {
    let page = truth.page(i);
    let (typed, texts) = (page.record?, page.texts?);
    for (name, expected) in &typed {
        let found = record.get(name).unwrap_or(&Value::Null);
        let as_text = compare == Compare::Texts && texts.get(name) == Some(found);
        if !same(expected, found) && !as_text {
            return Some(format!("{name} is {found} and should be {expected}"));
        }
    }
    None
}

/// Numbers are compared by value, whether whole or not.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected.as_f64(), found.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9 * a.abs().max(1.0),
        _ => expected == found,
    }
}
