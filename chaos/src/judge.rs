//! What a run has to show when it is over, whatever happened to it. The invariants have the numbers of
//! docs/RELIABILITY.md.

use crate::fleet::Fleet;
use crate::strike::Poison;
use crate::world::World;
use backends::postgres::PostgresStore;
use shared::ids::RunId;
use shared::ports::Archive;
use shared::ports::store::{Audit, PageFilter, PageRow, PageSelection, Reads, RecordRow, RecordSelection};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use testkit::site::{Compare, Running, Verdict, check};

/// Rows read at a time.
const ROWS: u32 = 2_000;
/// Nothing is left over by then, when the run is over.
const SETTLED: Duration = Duration::from_secs(20);

/// The judgement of a run.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Pages or records that are missing or wrong.
    pub lost: usize,
    /// Pages with two rows or two records.
    pub duplicated: usize,
    /// Rows, records and requests that should not be.
    pub unexpected: usize,
    /// Requests that were made again because the first one's answer was lost.
    pub recovered: usize,
    /// What else is wrong, by the invariant's number.
    pub broken: Vec<String>,
}

impl Judgement {
    /// With what another judge found.
    pub fn add(&mut self, other: Judgement) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.unexpected += other.unexpected;
        self.recovered += other.recovered;
        self.broken.extend(other.broken);
    }

    /// Whether everything is as it should be.
    pub fn is_good(&self) -> bool {
        self.lost + self.duplicated + self.unexpected == 0 && self.broken.is_empty()
    }
}

/// Judges a run that is over. Between two requests to one host there must be `delay`; at most `again`
/// requests may have been made again.
pub async fn judge(world: &World, run: RunId, delay: Duration, again: usize) -> Judgement {
    judge_but(world, run, delay, again, None).await
}

/// The same, where one page must have been closed as poison instead.
pub async fn judge_but(
    world: &World,
    run: RunId,
    delay: Duration,
    again: usize,
    poison: Option<&Poison>,
) -> Judgement {
    let store = world.store().await;
    let mut judgement = Judgement::default();
    let pages = pages(&store, run).await;
    rows(&pages, &mut judgement);
    bytes(world, &pages, &mut judgement).await;
    let records = records(&store, run).await;
    for site in &world.sites.0 {
        judge_site(site, &pages, &records, delay, poison, &mut judgement);
    }
    if judgement.recovered > again {
        let made = judgement.recovered;
        judgement.broken.push(format!("I4: {made} requests made again, {again} allowed"));
    }
    let wrong = store.audit(run).await.expect("an audit");
    judgement.broken.extend(wrong.into_iter().map(|wrong| format!("I6: {wrong}")));
    left_over(world, run, &mut judgement).await;
    judgement
}

/// All closed URLs of a run.
async fn pages(store: &PostgresStore, run: RunId) -> Vec<PageRow> {
    let mut all: Vec<PageRow> = Vec::new();
    loop {
        let after = all.last().map(|row| row.seq);
        let selection =
            PageSelection { run, after, filter: PageFilter::default(), version: None, limit: ROWS };
        let rows = store.pages(selection).await.expect("pages");
        if rows.is_empty() {
            return all;
        }
        all.extend(rows);
    }
}

async fn records(store: &PostgresStore, run: RunId) -> Vec<RecordRow> {
    let mut all: Vec<RecordRow> = Vec::new();
    loop {
        let after = all.last().map(|row| (row.seq, row.ord));
        let selection = RecordSelection { run, after, valid: true, version: None, limit: ROWS };
        let rows = store.records(selection).await.expect("records");
        if rows.is_empty() {
            return all;
        }
        all.extend(rows);
    }
}

/// I1: a URL has one row.
fn rows(pages: &[PageRow], judgement: &mut Judgement) {
    let mut seen = HashSet::new();
    judgement.duplicated += pages.iter().filter(|row| !seen.insert(row.url_id)).count();
}

/// I2: every page's bytes are there, and have its digest.
async fn bytes(world: &World, pages: &[PageRow], judgement: &mut Judgement) {
    let fetched = pages.iter().filter(|row| row.outcome == "fetched");
    for row in fetched.filter(|row| row.digest.is_some()) {
        let (Some(object), Some(offset), Some(len)) = (&row.object, row.offset, row.len) else {
            judgement.broken.push(format!("I2: {} has no bytes", row.url));
            continue;
        };
        let read = world.archive.read(object, offset, len).await.map_err(|error| error.to_string());
        let span = shared::manifest::RecordSpan { offset: 0, len };
        // Reading a response compares it with its digest.
        let read = read.and_then(|member| {
            shared::warc::response(&member, span).map(drop).map_err(|error| error.to_string())
        });
        if let Err(why) = read {
            judgement.broken.push(format!("I2: {}: {why}", row.url));
        }
    }
}

/// I1, I3, I4, I5, I11 for one site, from its own truth and log.
fn judge_site(
    site: &Running,
    pages: &[PageRow],
    records: &[RecordRow],
    delay: Duration,
    poison: Option<&Poison>,
    judgement: &mut Judgement,
) {
    let truth = site.truth();
    let own = format!("{}/", site.origin());
    let of_site = records.iter().filter(|row| row.final_url.starts_with(&own));
    let lines: String = of_site.map(line).collect();
    let hits = site.log().hits();
    let verdict: Verdict =
        check(&truth, Some(lines.as_bytes()), &hits, Compare::Typed).expect("lines of text");
    let rows: HashMap<&str, &PageRow> = pages.iter().map(|row| (&*row.url, row)).collect();
    for page in truth.pages().filter(|page| page.must) {
        if let Some(poison) = poison.filter(|poison| poison.url == page.url) {
            let reason = rows.get(&*page.url).and_then(|row| row.reason.as_deref());
            if reason != Some(poison.reason) {
                judgement.broken.push(format!("F25: {} ends as {reason:?}", page.url));
            }
            continue;
        }
        if rows.get(&*page.url).is_none_or(|row| row.outcome != "fetched") {
            let row = rows.get(&*page.url).map(|row| (&row.outcome, &row.reason));
            judgement.broken.push(format!("I1: {} ends as {row:?} ({})", page.url, page.oddity));
            judgement.lost += 1;
        }
    }
    let is_poison = |page: &&String| poison.is_some_and(|poison| page.starts_with(&poison.url));
    let missing = verdict.missing_records.iter().filter(|page| !is_poison(page)).count();
    judgement.lost += verdict.lost.len() + missing + verdict.wrong_records.len();
    judgement.duplicated += verdict.duplicated.len();
    judgement.unexpected += verdict.unexpected.len()
        + verdict.denied_fetched.len()
        + verdict.phantom_fetched.len()
        + verdict.out_of_scope_fetched.len()
        + verdict.unknown_fetched.len();
    for denied in &verdict.denied_fetched {
        judgement.broken.push(format!("I11: {denied} was asked for"));
    }
    let mut asked: HashMap<&str, u32> = HashMap::new();
    for hit in &hits {
        *asked.entry(&hit.target).or_default() += 1;
    }
    judgement.recovered += truth
        .pages()
        .map(|page| {
            let target = page.url.strip_prefix(site.origin()).unwrap_or_default();
            asked.get(target).map_or(0, |asked| asked.saturating_sub(page.requests) as usize)
        })
        .sum::<usize>();
    let gap = site.log().shortest_gap().unwrap_or(delay);
    if gap < delay {
        judgement.broken.push(format!("I5: {} was asked again after {gap:?}", site.origin()));
    }
}

fn line(row: &RecordRow) -> String {
    let mut record: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&row.data).unwrap_or_default();
    record.insert("_page".into(), serde_json::json!({ "url": row.url, "final_url": row.final_url }));
    format!("{}\n", serde_json::Value::Object(record))
}

/// I8: no lease and no segment is left over.
async fn left_over(world: &World, run: RunId, judgement: &mut Judgement) {
    let look = format!(
        "SELECT (SELECT count(*) FROM leases WHERE run_id = {run}),
                (SELECT count(*) FROM segments WHERE run_id = {run} AND state = 0)"
    );
    let until = tokio::time::Instant::now() + SETTLED;
    loop {
        let left = tokio::task::block_in_place(|| world.servers.sql(&look));
        if left == "0|0" {
            return;
        }
        if tokio::time::Instant::now() > until {
            return judgement.broken.push(format!("I8: leases and segments left over: {left}"));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// I9: memory and open files of each process, the most of them.
pub fn appetite(fleet: &Fleet) -> (u64, usize) {
    let memory = fleet.members.iter().map(|member| member.process.memory()).max();
    let files = fleet.members.iter().map(|member| member.process.files()).max();
    (memory.unwrap_or(0), files.unwrap_or(0))
}
