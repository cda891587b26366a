//! The invariants, by their numbers in docs/RELIABILITY.md.

use crate::history::{Run, disturbances};
use crate::ops::Op;
use crate::web::{At, Page, Web};
use crate::world::{LEASE_URLS, World};
use shared::manifest::RecordSpan;
use shared::outcome::Kind;
use shared::ports::store::{
    Frontier, PageRow, PageSelection, Reads, RecordSelection, RunState, Runs, SweepPolicy,
};
use shared::ports::{Archive, Lane, Queue};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use testkit::faults::at_once;

/// Deaths after which a URL is given up.
const POISON: usize = 4;

/// All that is wrong.
pub async fn all(world: &World, run: &Run, ops: &[Op]) -> Vec<String> {
    let mut wrong = Vec::new();
    let disturbed = disturbances(world, ops);
    let done = at_once(world.store.summary(run.id)).expect("a run").state == RunState::Done;
    let pages = PageSelection { limit: 1_000, ..PageSelection::of(run.id) };
    let mut pages = at_once(world.store.pages(pages)).expect("pages");
    pages.retain(|row| row.kind == Kind::Page);
    urls(world, &pages, done, disturbed, &mut wrong);
    bytes(world, &pages, &mut wrong).await;
    records(world, run, &pages, &mut wrong);
    requests(world, run, disturbed, &mut wrong);
    rest(world, &mut wrong);
    let dead = world.broker.depth(&Lane::Dead).await.expect("a lane");
    if dead > 0 {
        wrong.push(format!("I10: {dead} dead letters"));
    }
    wrong
}

/// I1: every URL has exactly one row, with the ending that its page has.
fn urls(world: &World, pages: &[PageRow], done: bool, disturbed: usize, wrong: &mut Vec<String>) {
    let mut rows: BTreeMap<At, &PageRow> = BTreeMap::new();
    for row in pages {
        if rows.insert(Web::at(&row.url), row).is_some() {
            wrong.push(format!("I1: {} has two rows", row.url));
        }
    }
    let given_up = |row: &PageRow| row.reason.as_deref() == Some("poison_fetch") && disturbed >= POISON;
    let any_given_up = pages.iter().any(given_up);
    for (at, page) in world.web.truth() {
        match rows.remove(&at) {
            Some(row) if ends_as(page, row) || given_up(row) => {}
            Some(row) => {
                wrong.push(format!("I1: {at:?} is {page:?}, its row says {} {:?}", row.outcome, row.reason));
            }
            // What a page that was given up links to is not found.
            None if done && !any_given_up => wrong.push(format!("I1: {at:?} ({page:?}) has no row")),
            None => {}
        }
    }
    wrong.extend(rows.keys().map(|at| format!("I1: {at:?} is not of this web")));
}

fn ends_as(page: Page, row: &PageRow) -> bool {
    match page {
        Page::Plain | Page::Fails(_) => row.outcome == "fetched",
        Page::Gone => row.reason.as_deref() == Some("http_404"),
        // In a circle, if it is.
        Page::Moved(..) => row.outcome == "redirected" || row.reason.as_deref() == Some("too_many_redirects"),
    }
}

/// I2: every page's bytes can be read, and are those that were sent.
async fn bytes(world: &World, pages: &[PageRow], wrong: &mut Vec<String>) {
    for row in pages.iter().filter(|row| row.outcome == "fetched") {
        let (Some(object), Some(offset), Some(len)) = (&row.object, row.offset, row.len) else {
            wrong.push(format!("I2: {} has no bytes", row.url));
            continue;
        };
        let member = world.archive.read(object, offset, len).await.map_err(|error| error.to_string());
        let read = member.and_then(|member| {
            let span = RecordSpan { offset: 0, len };
            shared::warc::response(&member, span).map_err(|error| error.to_string())
        });
        let expected = format!("<h1>{}</h1>", Web::name(Web::at(&row.url)));
        match read {
            Ok(response) if String::from_utf8_lossy(&response.body).contains(&expected) => {}
            Ok(_) => wrong.push(format!("I2: {} holds something else", row.url)),
            Err(error) => wrong.push(format!("I2: {}: {error}", row.url)),
        }
    }
}

/// I3: one record for each page, and that the right one.
fn records(world: &World, run: &Run, pages: &[PageRow], wrong: &mut Vec<String>) {
    let selection = RecordSelection { limit: 1_000, ..RecordSelection::of(run.id) };
    let mut records: HashMap<u64, Vec<String>> = HashMap::new();
    for row in at_once(world.store.records(selection)).expect("records") {
        records.entry(row.seq).or_default().push(row.data);
    }
    for row in pages.iter().filter(|row| row.outcome == "fetched") {
        let expected = serde_json::json!({ "name": Web::name(Web::at(&row.url)) }).to_string();
        let found = records.remove(&row.seq).unwrap_or_default();
        if found != [expected] {
            wrong.push(format!("I3: {} has the records {found:?}", row.url));
        }
    }
    if !records.is_empty() {
        wrong.push(format!("I3: records of no page: {records:?}"));
    }
}

/// I4: nothing is asked for more often than it must be. I5: no host is asked sooner than it may be.
fn requests(world: &World, run: &Run, disturbed: usize, wrong: &mut Vec<String>) {
    let truth = world.web.truth();
    let mut asked: BTreeMap<At, usize> = BTreeMap::new();
    for (_, at) in &world.web.hits {
        *asked.entry(*at).or_default() += 1;
    }
    let allowed = |at: &At| match truth.get(at) {
        None => 0,
        Some(Page::Fails(times)) => 1 + *times as usize,
        Some(_) => 1,
    };
    let again: usize = asked.iter().map(|(at, times)| times.saturating_sub(allowed(at))).sum();
    let at_most = disturbed * LEASE_URLS as usize;
    if again > at_most {
        wrong.push(format!("I4: {again} requests too many, {at_most} allowed"));
    }
    for host in 0..world.web.hosts {
        let hits: Vec<_> = world.web.hits.iter().filter(|(_, at)| at.0 == host).collect();
        for pair in hits.windows(2) {
            let gap = pair[1].0.since(pair[0].0);
            if gap < run.delay {
                wrong.push(format!("I5: host {host}: {gap:?} between {:?} and {:?}", pair[0].1, pair[1].1));
            }
        }
    }
}

/// I8: nothing is left to be done.
fn rest(world: &World, wrong: &mut Vec<String>) {
    let policy = SweepPolicy {
        announce_after: Duration::from_secs(10),
        give_up_after: Duration::from_secs(900),
        chunk: 5_000,
    };
    // The first one may still end what was under way when the run was over.
    for is_last in [false, true] {
        world.clock.advance(Duration::from_secs(100));
        let swept = at_once(world.store.sweep(policy)).expect("swept");
        if is_last && (swept.lapsed + swept.expired + swept.due + swept.cut > 0 || !swept.announce.is_empty())
        {
            wrong.push(format!("I8: left over: {swept:?}"));
        }
    }
}
