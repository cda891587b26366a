//! A worker that does one thing at a time, so that it may die, or be overtaken, between any two. What it does
//! is what `harvestman-worker` does: it claims before it asks, looks at the clock last before each request, stores
//! before it announces, announces before it reports, reports before it settles.

use crate::web::{Page, Web};
use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use shared::clock::{Clock, ManualClock, Timestamp};
use shared::ids::{Incarnation, SegmentId};
use shared::job::Delay;
use shared::manifest::Visit;
use shared::messages::{
    Answer, Claim, Grant, LeaseOffer, LeaseReport, Paced, SegmentRef, SegmentStored, Task, decode, encode,
};
use shared::outcome::{Outcome, Reason};
use shared::ports::{Archive, Consumer, Delivery, Lane, Queue};
use shared::warc::{Exchange, SegmentWriter};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// An answer to a claim is awaited for so long, each of two times.
const ANSWER: Duration = Duration::from_secs(2);

/// A fault in the worker itself, that the simulation must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// It goes on with a lease that is over.
    Overstays,
    /// It says that its host may be asked again at once.
    ForgetsThePause,
}

/// A worker.
pub struct Worker {
    name: Incarnation,
    mutant: Option<Mutant>,
    queue: Arc<dyn Queue>,
    archive: Arc<dyn Archive>,
    clock: Arc<ManualClock>,
    offers: Box<dyn Consumer>,
    answers: Box<dyn Consumer>,
    held: Option<Held>,
}

/// An offer, and how far it got.
struct Held {
    delivery: Delivery,
    offer: LeaseOffer,
    /// When it was claimed first, and last.
    claimed: Option<(Timestamp, Timestamp)>,
    claims: u32,
    lease: Option<Lease>,
}

struct Lease {
    grant: Grant,
    tasks: VecDeque<Task>,
    from: Timestamp,
    until: Timestamp,
    last_answer: Option<Timestamp>,
    failures: u32,
    segment: SegmentId,
    writer: Option<SegmentWriter>,
    visits: Vec<Visit>,
    next: Next,
}

/// What comes after the last request.
enum Next {
    Fetch,
    Store(Bytes),
    Announce(SegmentRef),
    Report(Option<SegmentRef>),
    Settle,
}

impl Worker {
    /// A new life.
    pub async fn begin(
        n: usize,
        mutant: Option<Mutant>,
        queue: Arc<dyn Queue>,
        archive: Arc<dyn Archive>,
        clock: Arc<ManualClock>,
    ) -> Self {
        let name = Incarnation::new(&format!("w{n}"));
        let offers = queue.consume(&Lane::Fetch { urgent: false }, 1).await.expect("a lane");
        let answers = queue.consume(&Lane::Answer(name.clone()), 64).await.expect("a lane");
        Worker { name, mutant, queue, archive, clock, offers, answers, held: None }
    }

    /// The next thing; false: there is nothing to do now.
    pub async fn step(&mut self, web: &mut Web) -> bool {
        let Some(held) = &mut self.held else { return self.take().await };
        if held.lease.is_none() {
            return self.claim().await;
        }
        self.work(web).await
    }

    async fn take(&mut self) -> bool {
        let Some(Ok(delivery)) = self.offers.next().now_or_never() else { return false };
        match decode::<LeaseOffer>(&delivery.body) {
            Ok(offer) => {
                self.held = Some(Held { delivery, offer, claimed: None, claims: 0, lease: None });
            }
            // Whatever comes of it: it comes again, or not.
            Err(why) => drop(delivery.bury(&why.to_string()).await),
        }
        true
    }

    /// Claims, and looks for the answer.
    async fn claim(&mut self) -> bool {
        let Some(held) = &mut self.held else { return false };
        let now = self.clock.now();
        let is_due = held.claimed.is_none_or(|(_, last)| now.since(last) >= ANSWER);
        while let Some(Ok(delivery)) = self.answers.next().now_or_never() {
            let answer = decode::<Answer>(&delivery.body).expect("an answer");
            // If it comes again, nobody waits for it any more.
            let _settled = delivery.ack().await;
            if answer.lease != held.offer.lease {
                continue;
            }
            match (answer.grant, held.claimed) {
                (Some(grant), Some((first, _))) => {
                    let mut lease = Lease::begin(grant, &self.name, first, now);
                    if self.mutant == Some(Mutant::Overstays) {
                        lease.until = Timestamp(i64::MAX);
                    }
                    held.lease = Some(lease);
                }
                _ => self.settle().await,
            }
            return true;
        }
        if !is_due {
            return false;
        }
        if held.claims == 2 {
            self.settle().await;
            return true;
        }
        let claim = Claim { lease: held.offer.lease, host: held.offer.host, worker: self.name.clone() };
        if self.queue.publish(&Lane::Claim, vec![encode(&claim)]).await.is_ok() {
            held.claims += 1;
            held.claimed = Some((held.claimed.map_or(now, |(first, _)| first), now));
        }
        true
    }

    async fn work(&mut self, web: &mut Web) -> bool {
        let now = self.clock.now();
        let Some(held) = &mut self.held else { return false };
        let Some(lease) = &mut held.lease else { return false };
        match &lease.next {
            Next::Fetch => return lease.fetch(web, now),
            Next::Store(bytes) => {
                let (run, id, len) = (lease.grant.run, lease.segment, bytes.len() as u64);
                if let Ok(stored) = self.archive.put(run, id, bytes.clone()).await {
                    let at = SegmentRef { segment: id, object: stored.object, offset: stored.offset, len };
                    lease.next = Next::Announce(at);
                }
            }
            Next::Announce(at) => {
                let message = encode(&SegmentStored { run: lease.grant.run, at: at.clone() });
                if self.queue.publish(&Lane::Parse { urgent: false }, vec![message]).await.is_ok() {
                    lease.next = Next::Report(Some(at.clone()));
                }
            }
            Next::Report(at) => {
                let mut report = lease.report(&self.name, at.clone(), now);
                if self.mutant == Some(Mutant::ForgetsThePause) {
                    report.next_in_ms = 0;
                }
                let report = Paced::Report(Box::new(report));
                if self.queue.publish(&Lane::Paced, vec![encode(&report)]).await.is_ok() {
                    lease.next = Next::Settle;
                }
            }
            Next::Settle => self.settle().await,
        }
        true
    }

    async fn settle(&mut self) {
        if let Some(held) = self.held.take() {
            // Where it fails it comes again, and is gone.
            let _settled = held.delivery.ack().await;
        }
    }
}

impl Lease {
    fn begin(grant: Grant, worker: &Incarnation, claimed: Timestamp, now: Timestamp) -> Self {
        let (from, until) = (Duration::from_millis(grant.wait_ms), Duration::from_millis(grant.left_ms));
        let segment = SegmentId::new();
        Lease {
            tasks: grant.tasks.clone().into(),
            from: now.plus(from),
            until: claimed.plus(until),
            last_answer: None,
            failures: grant.failures,
            segment,
            writer: Some(SegmentWriter::new(grant.run, segment, worker.clone(), now)),
            visits: Vec::new(),
            next: Next::Fetch,
            grant,
        }
    }

    fn delay(&self) -> Duration {
        match self.grant.policy.politeness.delay {
            Delay::Fixed(delay) => delay,
            Delay::Auto => Duration::ZERO,
        }
    }

    /// The next request, if its time has come; the segment, if there is none any more.
    fn fetch(&mut self, web: &mut Web, now: Timestamp) -> bool {
        let ready = self.last_answer.map_or(self.from, |at| self.from.max(at.plus(self.delay())));
        if now < self.until && ready > now && ready < self.until && !self.tasks.is_empty() {
            return false;
        }
        let task = if now < self.until && ready < self.until { self.tasks.pop_front() } else { None };
        match task {
            Some(task) => self.ask(task, web, now),
            None if self.visits.is_empty() => self.next = Next::Report(None),
            None => {
                let writer = self.writer.take().expect("a segment is finished once");
                self.next = Next::Store(writer.finish(std::mem::take(&mut self.visits)));
            }
        }
        true
    }

    fn ask(&mut self, task: Task, web: &mut Web, now: Timestamp) {
        let (code, to, body) = web.ask(now, Web::at(&task.url));
        let status = StatusCode::from_u16(code).expect("a status");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("text/html"));
        let exchange = Exchange {
            url: &task.url,
            at: now,
            peer: None,
            method: "GET",
            request_headers: &HeaderMap::new(),
            version: Version::HTTP_11,
            status,
            response_headers: &headers,
            body: body.as_bytes(),
            truncated: None,
            rendered: None,
        };
        let written = self.writer.as_mut().map(|writer| writer.exchange(&exchange));
        let (record, digest) = written.unzip();
        let outcome = match to {
            Some(to) => Outcome::Redirected { to },
            None if code == 200 => Outcome::Fetched { truncated: false },
            None => {
                let retry = matches!(web.page(Web::at(&task.url)), Page::Fails(_));
                Outcome::Failed { reason: Reason::Http(code), retry, retry_after_ms: None }
            }
        };
        self.failures = if code == 503 { self.failures + 1 } else { 0 };
        self.last_answer = Some(now);
        self.visits.push(Visit {
            lease: self.grant.lease,
            host: self.grant.host,
            task,
            at: now,
            took_ms: 0,
            status: Some(code),
            final_url: None,
            record,
            digest,
            outcome,
            robots: None,
        });
    }

    fn report(&self, worker: &Incarnation, segment: Option<SegmentRef>, now: Timestamp) -> LeaseReport {
        let ready = self.last_answer.map_or(self.from, |at| at.plus(self.delay()));
        LeaseReport {
            lease: self.grant.lease,
            host: self.grant.host,
            run: self.grant.run,
            worker: worker.clone(),
            segments: segment.into_iter().collect(),
            not_begun: self.tasks.iter().map(|task| task.url_id).collect(),
            next_in_ms: ready.since(now).as_millis() as u64,
            delay_ms: self.delay().as_millis() as u64,
            failures: self.failures,
            down: false,
            robots: None,
            jar: None,
        }
    }
}
