//! Any order of events: dispatchers, workers and parsers that repeat, lose, delay and die, against one
//! store, with the books checked after each step.

use super::world::{LONG, SLICE, World, ends, fetched, job, page, report_of, retries, rules, segment};
use shared::frontier::AdmitRules;
use shared::ids::{RunId, UrlId};
use shared::messages::{Grant, LeaseOffer, LeaseReport};
use shared::outcome::Reason;
use shared::ports::Store;
use shared::ports::store::{Audit, Command, PageEnd, PageSelection, ParsedSegment, RunState};
use std::collections::HashSet;
use std::time::Duration;

/// Histories, and events in each before everybody behaves.
const HISTORIES: u64 = 10;
const EVENTS: usize = 250;
/// Pages that a run can have; each links to three others.
const PAGES: u64 = 120;

/// A small generator (SplitMix64): the same history for the same number, on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.roll(from.len() as u64) as usize) }
    }
}

fn link(run: RunId, n: u64) -> shared::frontier::Admission {
    page(run, &format!("https://h{}.example", n % 5), &n.to_string())
}

fn linked(run: RunId, url: &str) -> Vec<shared::frontier::Admission> {
    let n: u64 = url.rsplit('/').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    [n * 3 + 1, n * 3 + 2, n * 7 % PAGES].into_iter().filter(|n| *n < PAGES).map(|n| link(run, n)).collect()
}

/// All messages that were ever sent: any of them may come again.
struct History<S> {
    w: World<S>,
    dice: Dice,
    runs: Vec<RunId>,
    offers: Vec<LeaseOffer>,
    grants: Vec<Grant>,
    reports: Vec<LeaseReport>,
    segments: Vec<ParsedSegment>,
}

pub(super) async fn any_order_of_events_closes_every_url_once<S: Store + Audit>(w: World<S>) {
    let mut history = History {
        w,
        dice: Dice(0),
        runs: vec![],
        offers: vec![],
        grants: vec![],
        reports: vec![],
        segments: vec![],
    };
    for seed in 0..HISTORIES {
        history.dice = Dice(seed);
        history.begin().await;
        for event in 0..EVENTS {
            history.event().await;
            for run in &history.runs {
                let wrong = history.w.store.audit(*run).await.unwrap();
                assert!(wrong.is_empty(), "history {seed}, event {event}: {wrong:?}");
            }
        }
        history.behave(seed).await;
    }
}

impl<S: Store + Audit> History<S> {
    async fn begin(&mut self) {
        let mut job = job();
        job.politeness.lanes = 2;
        self.runs = vec![self.w.create(job.clone()).await, self.w.create(job).await];
        for run in self.runs.clone() {
            let rules = AdmitRules { robots: true, ..rules() };
            self.w.store.admit(run, rules, vec![link(run, 0)]).await.unwrap();
            self.w.store.seeded(run).await.unwrap();
        }
    }

    async fn event(&mut self) {
        match self.dice.roll(20) {
            0..4 => self.offer().await,
            4..8 => self.claim().await,
            8..12 => self.fetch().await,
            12..14 => self.repeat_report().await,
            14..16 => self.repeat_segment().await,
            16 => {
                self.w.sweep().await;
            }
            17 => self.wait().await,
            18 => self.admit().await,
            _ => self.trouble().await,
        }
    }

    async fn offer(&mut self) {
        let urls = 1 + self.dice.roll(12) as u32;
        let offers = self.w.offers(4, urls).await.offers;
        self.offers.extend(offers.into_iter().map(|offered| offered.offer));
    }

    /// Somebody claims any offer that there ever was.
    async fn claim(&mut self) {
        let by = ["w", "v"][self.dice.roll(2) as usize];
        if let Some(offer) = self.dice.pick(&self.offers).cloned()
            && by == "w"
            && let Some(grant) = self.w.claim(&offer, by).await
        {
            self.grants.push(grant);
        }
    }

    /// The holder of a lease fetches some of it, in one or two segments; what it sends may be lost.
    async fn fetch(&mut self) {
        let Some(grant) = self.dice.pick(&self.grants).cloned() else { return };
        let visited = self.dice.roll(grant.tasks.len() as u64 + 1) as usize;
        let (visited, not_begun) = grant.tasks.split_at(visited);
        let mut report = report_of(&grant, "w", vec![]);
        report.next_in_ms = self.dice.roll(3) * 500;
        report.not_begun = not_begun.iter().map(|task| task.url_id).collect();
        for part in visited.chunks(8) {
            let mut visits = Vec::new();
            for task in part {
                let mut page = fetched(&task.url);
                page.links = linked(grant.run, &task.url);
                match self.dice.roll(8) {
                    0 => {
                        let due = Duration::from_millis(self.dice.roll(5_000));
                        visits.push(retries(grant.lease, task, due));
                        continue;
                    }
                    1 => page.end = PageEnd::Failed(Reason::Timeout),
                    2 => {
                        let to = link(grant.run, self.dice.roll(PAGES));
                        if to.host != grant.host {
                            continue;
                        }
                        page.end = PageEnd::Redirected(to.url.clone());
                        let mut end = fetched(&to.url);
                        end.links = linked(grant.run, &to.url);
                        let mut visit = ends(grant.lease, task, end);
                        (visit.url_id, visit.unasked) = (to.url_id, Some(to));
                        visits.push(ends(grant.lease, task, page));
                        visits.push(visit);
                        continue;
                    }
                    _ => {}
                }
                visits.push(ends(grant.lease, task, page));
            }
            let at = segment();
            report.segments.push(at.clone());
            self.segments.push(ParsedSegment { run: grant.run, at, rules: rules(), visits });
        }
        if self.dice.roll(2) == 0 {
            self.repeat_segment().await;
        }
        self.reports.push(report);
    }

    async fn repeat_report(&mut self) {
        if let Some(report) = self.dice.pick(&self.reports) {
            self.w.report(report).await;
        }
    }

    async fn repeat_segment(&mut self) {
        if let Some(segment) = self.dice.pick(&self.segments) {
            self.w.store.apply(segment.clone()).await.unwrap();
        }
    }

    async fn wait(&mut self) {
        let spans = [Duration::from_millis(300), Duration::from_secs(5), SLICE, LONG];
        self.w.clock.advance(spans[self.dice.roll(4) as usize]);
    }

    async fn admit(&mut self) {
        let run = self.runs[self.dice.roll(2) as usize];
        let links = vec![link(run, self.dice.roll(PAGES)), link(run, self.dice.roll(PAGES))];
        self.w.admit(run, links).await;
    }

    async fn trouble(&mut self) {
        let run = self.runs[self.dice.roll(2) as usize];
        match self.dice.roll(8) {
            0 => {
                self.w.store.lapse_all(Duration::from_secs(1), Duration::from_secs(10)).await.unwrap();
            }
            1..3 => {
                self.w.store.command(run, Command::Pause).await.unwrap();
            }
            _ => {
                self.w.store.command(run, Command::Resume).await.unwrap();
            }
        }
    }

    /// From here on everybody does what they should; every run must end, each URL closed once.
    async fn behave(&mut self, seed: u64) {
        for run in self.runs.clone() {
            self.w.store.command(run, Command::Resume).await.unwrap();
        }
        for round in 0.. {
            assert!(round < 1000, "history {seed}: a run does not end");
            for announced in self.w.sweep().await.announce {
                let segment = self.segments.iter().find(|segment| segment.at == announced.at).cloned();
                let lost =
                    ParsedSegment { run: announced.run, at: announced.at, rules: rules(), visits: vec![] };
                self.w.store.apply(segment.unwrap_or(lost)).await.unwrap();
            }
            for offered in self.w.offers(10, 20).await.offers {
                if let Some(grant) = self.w.claim(&offered.offer, "w").await {
                    self.finish(&grant).await;
                }
            }
            self.w.clock.advance(Duration::from_secs(20));
            let mut over = true;
            for run in &self.runs {
                over &= self.w.state(*run).await == RunState::Done;
            }
            if over {
                break;
            }
        }
        for run in self.runs.clone() {
            self.w.check(run).await;
            self.every_url_once(run, seed).await;
        }
    }

    async fn finish(&self, grant: &Grant) {
        let at = segment();
        let visits = grant.tasks.iter().map(|task| {
            let mut page = fetched(&task.url);
            page.links = linked(grant.run, &task.url);
            ends(grant.lease, task, page)
        });
        self.w.apply(grant.run, at.clone(), visits.collect()).await;
        self.w.report(&report_of(grant, "w", vec![at])).await;
    }

    async fn every_url_once(&self, run: RunId, seed: u64) {
        let pages =
            self.w.store.pages(PageSelection { limit: 10_000, ..PageSelection::of(run) }).await.unwrap();
        let ids: HashSet<UrlId> = pages.iter().map(|page| page.url_id).collect();
        assert_eq!(ids.len(), pages.len(), "history {seed}: closed twice");
        let counts = self.w.counts(run).await;
        assert_eq!((counts.admitted, counts.closed), (pages.len() as u64 + 1, pages.len() as u64 + 1));
    }
}
