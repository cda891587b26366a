//! The invariants, judged when the faults have stopped and the runs are over. Their numbers are those
//! of docs/RELIABILITY.md.

use crate::fleet::{Fleet, LEASE_URLS, LEASES, World};
use crate::history::Run;
use crate::ops::Op;
use crate::web::{Hit, Page, Robots, Web, place};
use shared::job::Delay;
use shared::manifest::RecordSpan;
use shared::outcome::Kind;
use shared::ports::store::{
    Frontier, PageRow, PageSelection, Reads, RecordSelection, RunState, Runs, SweepPolicy,
};
use shared::ports::{Archive, DeadLetter, Lane, Queue};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use testkit::faults::at_once;
use tokio::time::sleep;
use url::Url;

/// Rounding to milliseconds, at both ends.
const ROUNDING: Duration = Duration::from_millis(2);
/// Deaths after which a URL is given up.
const POISON: usize = 4;

/// How often work was disturbed so that pages may have been fetched again.
pub fn disturbances(ops: &[Op], fleet: &Fleet) -> usize {
    let ops = ops.iter().filter(|op| matches!(op, Op::Kill(..) | Op::Freeze(..) | Op::Wipe | Op::Outage(..)));
    ops.count() + fleet.processes.iter().map(|process| process.faults.struck().len()).sum::<usize>()
}

/// Nobody asks its servers all the time for want of anything to do.
pub fn haste(world: &World, fleet: &Fleet) -> Vec<String> {
    let seconds = world.clock.elapsed().as_secs();
    let at_most = 100 + 3 * seconds + 40 * world.web.hits.lock().len() as u64;
    let hasty = fleet.processes.iter().filter(|process| process.faults.calls() > at_most);
    hasty
        .map(|process| {
            let (role, n, calls) = (process.role, process.n, process.faults.calls());
            format!("{role:?} {n} made {calls} calls in {seconds} s, {at_most} allowed")
        })
        .collect()
}

/// All that is wrong.
pub async fn all(world: &World, runs: &[Run], ops: &[Op], disturbed: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    for run in runs {
        let done = at_once(world.store.summary(run.id)).unwrap().state == RunState::Done;
        let pages = PageSelection { limit: 10_000, ..PageSelection::of(run.id) };
        let pages = at_once(world.store.pages(pages)).unwrap();
        urls(world, run, &pages, done, disturbed, &mut wrong);
        bytes(world, run, &pages, &mut wrong).await;
        records(world, run, &pages, &mut wrong);
    }
    requests(world, runs, disturbed, &mut wrong);
    politeness(world, runs, &mut wrong);
    rest(world, &mut wrong).await;
    dead_letters(world, ops, &mut wrong).await;
    wrong
}

/// I1: every URL has exactly one row, with the ending that its page has.
fn urls(world: &World, run: &Run, pages: &[PageRow], done: bool, disturbed: usize, wrong: &mut Vec<String>) {
    let truth = world.web.truth(&run.hosts);
    let mut rows = BTreeMap::new();
    for row in pages.iter().filter(|row| row.kind == Kind::Page) {
        let at = place(&Url::parse(&row.url).unwrap());
        if rows.insert(at, row).is_some() {
            wrong.push(format!("I1: run {}: {} has two rows", run.id, row.url));
        }
    }
    for (at, page) in &truth {
        match rows.remove(at) {
            Some(row) if ends_as(world, at.0, *page, row) => {}
            // Followed within the lease, it ends as what it leads to.
            Some(_) if run.urgent && matches!(page, Page::Moved(..)) => {}
            Some(row) if row.reason.as_deref() == Some("poison_fetch") && disturbed >= POISON => {}
            Some(row) => wrong.push(format!(
                "I1: run {}: {at:?} is {page:?}, its row says {} {:?}",
                run.id, row.outcome, row.reason
            )),
            // A hop of a redirect that was followed within the lease, and no page at its end.
            None if run.urgent && matches!(page, Page::Moved(..) | Page::Gone) => {}
            None if done && !missing_through_poison(pages) => {
                wrong.push(format!("I1: run {}: {at:?} ({page:?}) has no row", run.id));
            }
            None => {}
        }
    }
    for at in rows.keys() {
        wrong.push(format!("I1: run {}: {at:?} is not of this web", run.id));
    }
}

/// What a poisoned page links to is not found.
fn missing_through_poison(pages: &[PageRow]) -> bool {
    pages.iter().any(|row| row.reason.as_deref() == Some("poison_fetch"))
}

fn ends_as(world: &World, host: u64, page: Page, row: &PageRow) -> bool {
    match page {
        Page::Plain | Page::Fails(..) | Page::Silent => row.outcome == "fetched",
        Page::Gone => row.reason.as_deref() == Some("http_404"),
        // In a circle, if it is.
        Page::Moved(..) => row.outcome == "redirected" || row.reason.as_deref() == Some("too_many_redirects"),
        Page::Private if world.web.robots(host) == Robots::None => row.outcome == "fetched",
        Page::Private => row.reason.as_deref() == Some("robots_denied"),
    }
}

/// I2: every page's bytes can be read, and are those that were sent.
async fn bytes(world: &World, run: &Run, pages: &[PageRow], wrong: &mut Vec<String>) {
    for row in pages.iter().filter(|row| row.outcome == "fetched" && row.kind == Kind::Page) {
        let (Some(object), Some(offset), Some(len)) = (&row.object, row.offset, row.len) else {
            wrong.push(format!("I2: run {}: {} has no bytes", run.id, row.url));
            continue;
        };
        let member = world.archive.read(object, offset, len).await.map_err(|error| error.to_string());
        let read = member.and_then(|member| {
            let span = RecordSpan { offset: 0, len };
            shared::warc::response(&member, span).map_err(|error| error.to_string())
        });
        let (host, path) = place(&Url::parse(&row.url).unwrap());
        match read {
            Ok(response) => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                if !body.contains(&format!("<h1>{}</h1>", Web::name(host, &path))) {
                    wrong.push(format!("I2: run {}: {} holds {body}", run.id, row.url));
                }
            }
            Err(error) => wrong.push(format!("I2: run {}: {}: {error}", run.id, row.url)),
        }
    }
}

/// I3: one record for each page, and that the right one.
fn records(world: &World, run: &Run, pages: &[PageRow], wrong: &mut Vec<String>) {
    let selection = RecordSelection { limit: 10_000, ..RecordSelection::of(run.id) };
    let mut records: HashMap<u64, Vec<String>> = HashMap::new();
    for row in at_once(world.store.records(selection)).unwrap() {
        records.entry(row.seq).or_default().push(row.data);
    }
    for row in pages.iter().filter(|row| row.outcome == "fetched" && row.kind == Kind::Page) {
        let (host, path) = place(&Url::parse(&row.url).unwrap());
        let expected = serde_json::json!({ "name": Web::name(host, &path) }).to_string();
        let found = records.remove(&row.seq).unwrap_or_default();
        if found != [expected] {
            wrong.push(format!("I3: run {}: {} has the records {found:?}", run.id, row.url));
        }
    }
    if !records.is_empty() {
        wrong.push(format!("I3: run {}: records of no page: {records:?}", run.id));
    }
}

/// I4 and I11: nothing is asked for more often than it must be, nor what robots.txt denies.
fn requests(world: &World, runs: &[Run], disturbed: usize, wrong: &mut Vec<String>) {
    let mut asked: BTreeMap<(u64, String), usize> = BTreeMap::new();
    for hit in world.web.hits.lock().iter() {
        *asked.entry((hit.host, hit.path.clone())).or_default() += 1;
    }
    let mut too_often = 0;
    let mut which = Vec::new();
    for (at, times) in &asked {
        let allowed = allowed(world, runs, at);
        if allowed == 0 {
            wrong.push(format!("I11: {at:?} was asked for"));
        }
        if *times > allowed {
            too_often += times - allowed;
            which.push(at);
        }
    }
    // What a worker held when it was disturbed.
    let at_most = disturbed * LEASES * LEASE_URLS as usize;
    if too_often > at_most {
        wrong.push(format!("I4: {too_often} requests too many, {at_most} allowed: {which:?}"));
    }
}

/// Requests for a URL that one undisturbed crawl needs.
fn allowed(world: &World, runs: &[Run], at: &(u64, String)) -> usize {
    let (host, path) = at;
    if path == "/robots.txt" {
        return if world.web.robots(*host) == Robots::Later { 2 } else { 1 };
    }
    let mut times = 0;
    for run in runs {
        let truth = world.web.truth(&run.hosts);
        let Some(page) = truth.get(at) else { continue };
        times += match page {
            Page::Private if world.web.robots(*host) != Robots::None => 0,
            Page::Fails(_, fails) => 1 + *fails as usize,
            Page::Silent => 2,
            _ => 1,
        };
        if run.urgent {
            // Followed within the lease, a redirect asks for its target as well.
            let to = |page: &Page| matches!(page, Page::Moved(host, page) if (host, format!("/{page}")) == (&at.0, at.1.clone()));
            times += truth.values().filter(|page| to(page)).count() * 10;
        }
    }
    times
}

/// I5: no host is asked sooner, or by more at a time, than the jobs allow.
fn politeness(world: &World, runs: &[Run], wrong: &mut Vec<String>) {
    let hits = world.web.hits.lock();
    for host in 0..world.web.hosts {
        let hits: Vec<&Hit> = hits.iter().filter(|hit| hit.host == host).collect();
        for (at, hit) in hits.iter().enumerate() {
            let at_work =
                hits[..at].iter().filter(|other| other.over.is_none_or(|over| over > hit.at)).count() + 1;
            // Two lanes of two requests each, where there is no delay.
            let allowed = if runs[0].delay.is_zero() { 4 } else { 1 };
            if at_work > allowed {
                wrong.push(format!("I5: host {host}: {at_work} requests at a time, {hit:?}"));
            }
        }
        if let Delay::Fixed(delay) = runs[0].delay {
            for pair in hits.windows(2) {
                let gap = pair[1].at - pair[0].at;
                if gap + ROUNDING < delay {
                    wrong.push(format!(
                        "I5: host {host}: {gap:?} between {} and {}",
                        pair[0].path, pair[1].path
                    ));
                }
            }
        }
    }
}

/// I8: nothing is left to be done.
async fn rest(world: &World, wrong: &mut Vec<String>) {
    let policy = SweepPolicy {
        announce_after: Duration::from_secs(10),
        give_up_after: Duration::from_secs(900),
        chunk: 5_000,
    };
    for _ in 0..2 {
        sleep(Duration::from_secs(100)).await;
        let swept = at_once(world.store.sweep(policy)).unwrap();
        if swept.lapsed + swept.expired + swept.due + swept.cut > 0 || !swept.announce.is_empty() {
            wrong.push(format!("I8: left over: {swept:?}"));
        }
    }
}

/// I10: no more dead letters than there was garbage.
async fn dead_letters(world: &World, ops: &[Op], wrong: &mut Vec<String>) {
    let garbage = ops.iter().filter(|op| matches!(op, Op::Garbage(_))).count() as u64;
    let dead = world.broker.depth(&Lane::Dead).await.unwrap();
    let mut consumer = world.broker.consume(&Lane::Dead, u16::MAX).await.unwrap();
    let mut letters = Vec::new();
    for _ in 0..dead {
        letters.extend(DeadLetter::from_bytes(&consumer.next().await.unwrap().body));
    }
    letters.retain(|letter| &letter.body[..] != b"{\"m\":\"nobody\",\"v\":9}");
    if dead > garbage * 2 || !letters.is_empty() {
        wrong.push(format!("I10: {dead} dead letters, {garbage} expected at most: {letters:?}"));
    }
}
