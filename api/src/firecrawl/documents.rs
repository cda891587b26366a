//! The documents of a job, in the order in which its pages were closed.

use super::changes::{Before, is_compared, markdown, since};
use super::error::Refusal;
use super::parts::Parts;
use super::status::Which;
use crate::app::App;
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::firecrawl::{document, is_document};
use shared::ids::RunId;
use shared::ports::store::control;
use shared::ports::store::{PageFilter, PageRow, PageSelection};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// Documents in one answer, and bytes of their content after which it ends.
const DOCUMENTS: u64 = 100;
const MOST: u64 = 1_000;
const BYTES: usize = 10 << 20;
/// Rows that are looked at together, and contents that are read together.
const ROWS: u32 = 200;
const CONTENTS: usize = 10;

/// A document's place: the part of the job, and the page in it. In words `12`, or `1.12` in what was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place {
    part: usize,
    seq: u64,
}

impl FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (part, seq) = text.split_once('.').unwrap_or(("0", text));
        Ok(Place { part: part.parse()?, seq: seq.parse()? })
    }
}

impl TryFrom<String> for Place {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => self.seq.fmt(f),
            part => write!(f, "{part}.{}", self.seq),
        }
    }
}

/// Some documents.
pub struct Documents {
    /// They.
    pub list: Vec<Value>,
    /// The place of the last one.
    pub last: Option<Place>,
    /// There are more by now.
    pub more: bool,
}

/// Documents after a place.
///
/// # Errors
/// What the store says.
pub async fn documents(app: &App, job: &Parts, which: &Which) -> Result<Documents, Refusal> {
    let limit = usize::try_from(which.limit.unwrap_or(DOCUMENTS).clamp(1, MOST)).unwrap_or(usize::MAX);
    // One more than is shown: whether there is a next page.
    let rows = rows(app, job, which, limit + 1).await?;
    let compared = compared(app, job.first().run).await?;
    let (mut list, mut bytes, mut at) = (Vec::new(), 0, 0);
    let shown = rows.len().min(limit);
    while at < shown && bytes < BYTES {
        let part = rows[at].0;
        let run = job.all()[part].run;
        let some = &rows[at..shown.min(at + CONTENTS)];
        let some: Vec<&PageRow> = some.iter().take_while(|row| row.0 == part).map(|row| &row.1).collect();
        let seqs: Vec<u64> = some.iter().map(|page| page.seq).collect();
        let contents: HashMap<u64, String> = app.deps.store.contents(run, &seqs).await?.into_iter().collect();
        // What was appended to a batch is compared with nothing.
        let mut last = match compared.filter(|_| part == 0) {
            Some(before) => Some(last_time(app, before, &some).await?),
            None => None,
        };
        for page in &some {
            let content = contents.get(&page.seq).map(String::as_str);
            bytes += content.map_or(0, str::len);
            let mut data: Map<String, Value> = document(run, page, content, None);
            if let Some(before) = last.as_mut() {
                let now = data.get("markdown").and_then(Value::as_str).unwrap_or_default();
                data.insert("changeTracking".to_owned(), since(before.remove(&page.url), now));
            }
            list.push(Value::Object(data));
        }
        at += some.len();
    }
    let last = at.checked_sub(1).and_then(|last| rows.get(last));
    let last = last.map(|(part, page)| Place { part: *part, seq: page.seq });
    Ok(Documents { list, last, more: at < rows.len() })
}

/// At most so many pages that are documents, each with its part.
async fn rows(app: &App, job: &Parts, which: &Which, limit: usize) -> Result<Vec<(usize, PageRow)>, Refusal> {
    let mut skip = which.skip.unwrap_or(0);
    let mut rows = Vec::new();
    let from = which.after.map_or(0, |place| place.part);
    for (at, part) in job.all().iter().enumerate().skip(from) {
        let mut after = which.after.filter(|place| place.part == at).map(|place| place.seq);
        while rows.len() < limit {
            let filter = PageFilter::default();
            let selection = PageSelection { run: part.run, after, filter, version: None, limit: ROWS };
            let found = app.deps.store.pages(selection).await?;
            let Some(last) = found.last() else { break };
            after = Some(last.seq);
            for page in found.into_iter().filter(is_document) {
                if skip > 0 { skip -= 1 } else { rows.push((at, page)) }
            }
        }
    }
    rows.truncate(limit);
    Ok(rows)
}

/// The run before this one in its series, if this one is compared at all.
async fn compared(app: &App, run: RunId) -> Result<Option<Option<RunId>>, Refusal> {
    let series = app.control().series_of(run).await?;
    Ok(series.filter(|(name, _)| is_compared(name)).map(|(_, before)| before))
}

/// What these pages said in that run, by URL.
async fn last_time(
    app: &App,
    before: Option<RunId>,
    pages: &[&PageRow],
) -> Result<HashMap<String, Before>, Refusal> {
    let Some(before) = before else { return Ok(HashMap::new()) };
    let urls: Vec<String> = pages.iter().map(|page| page.url.clone()).collect();
    let places: Vec<control::Place> = app.control().places(before, &urls).await?;
    let seqs: Vec<u64> = places.iter().map(|place| place.seq).collect();
    let contents: HashMap<u64, String> = app.deps.store.contents(before, &seqs).await?.into_iter().collect();
    let known = places.into_iter().map(|place| {
        let markdown = markdown(contents.get(&place.seq).map(String::as_str));
        (place.url, Before { at: place.fetched_at, markdown })
    });
    Ok(known.collect())
}
