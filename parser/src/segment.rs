//! One segment from message to transaction.

use crate::Deps;
use crate::metrics::{self, ACTIVE, SEGMENTS, Tally};
use crate::plan::{Plan, Plans};
use crate::reparse::Parts;
use crate::retry::{self, Failure};
use crate::visit::{Place, Visited};
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::RunId;
use shared::manifest::Manifest;
use shared::messages::{self, Hint, Paced, SegmentStored, ToParse};
use shared::ports::store::{ParsedSegment, StoreError};
use shared::ports::{ArchiveError, Delivery, Lane};
use shared::{crash, random, trace, warc};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Works through segments; shared by all that do so at once.
pub struct Segments {
    deps: Deps,
    plans: Plans,
    parts: Parts,
    stop: CancellationToken,
    /// Held together by those who parse segments that nobody has died over, and alone by who parses one
    /// that somebody may have.
    company: RwLock<()>,
    /// Why the database takes nothing any more, once it has said so.
    refusal: Mutex<Option<StoreError>>,
}

/// How a delivery is to be settled.
pub enum Verdict {
    /// All is done, or nothing is left to do.
    Done,
    /// Nobody can do it.
    Bury(String),
    /// Somebody may, later.
    GiveBack,
}

impl Segments {
    pub fn new(deps: Deps, stop: CancellationToken) -> Self {
        let parts = Parts::new(deps.clone(), stop.clone());
        Segments {
            deps,
            plans: Plans::default(),
            parts,
            stop,
            company: RwLock::default(),
            refusal: Mutex::default(),
        }
    }

    /// Why the database takes nothing any more, if that is so.
    pub fn refusal(&self) -> Option<StoreError> {
        self.refusal.lock().take()
    }

    /// Handles one delivery, and settles it last.
    pub async fn handle(&self, delivery: Delivery) {
        crash::point("parser.after_delivery");
        let seen_before = delivery.redelivered;
        let span = |stored: &SegmentStored| {
            let (run, segment) = (stored.run, stored.at.segment);
            trace::follow(
                delivery.trace.as_ref(),
                || tracing::info_span!("parse", %run, %segment, seen_before),
            )
        };
        ACTIVE.step(&[], 1.0);
        let verdict = match ToParse::decode(&delivery.body) {
            Ok(ToParse::Stored(stored)) => {
                let span = span(&stored);
                self.segment(stored, seen_before).instrument(span).await
            }
            Ok(ToParse::Waits(stored)) => {
                let span = span(&stored);
                self.segment(stored, true).instrument(span).await
            }
            Ok(ToParse::Part(part)) => {
                let _together = self.company.read().await;
                self.parts.part(part).await
            }
            Err(unreadable) => Verdict::Bury(unreadable.to_string()),
        };
        ACTIVE.step(&[], -1.0);
        let end = match &verdict {
            Verdict::Done => "done",
            Verdict::GiveBack => "given_back",
            Verdict::Bury(_) => "buried",
        };
        SEGMENTS.add(&[end], 1);
        let settled = match verdict {
            Verdict::Done => delivery.ack().await,
            Verdict::GiveBack => delivery.give_back().await,
            Verdict::Bury(reason) => {
                tracing::error!(%reason, "a segment cannot be parsed");
                delivery.bury(&reason).await
            }
        };
        if let Err(error) = settled {
            tracing::warn!(%error, "a segment could not be settled; it comes again and changes nothing");
        }
    }

    /// From the archive to the store. One that was delivered before is parsed page by page, alone in its
    /// process: its parser may have died over a page, and that one is to be found.
    async fn segment(&self, stored: SegmentStored, seen_before: bool) -> Verdict {
        let plan = match self.plan(stored.run).await {
            Ok(Some(plan)) => plan,
            Ok(None) => return Verdict::Done,
            Err(verdict) => return verdict,
        };
        let at = &stored.at;
        if seen_before {
            // Behind a long lane a segment is announced again and again.
            let applied = self.deps.store.is_applied(stored.run, at.segment);
            match applied.await {
                Ok(true) => {
                    self.put_down(&stored).await;
                    return Verdict::Done;
                }
                Ok(false) => {}
                // To apply it again changes nothing either.
                Err(error) => tracing::debug!(%error, "whether a segment is applied could not be seen"),
            }
        }
        let read =
            retry::patiently(&self.stop, || self.deps.archive.read(&at.object, at.offset, at.len)).await;
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(Failure::Later) => return Verdict::GiveBack,
            Err(Failure::Never(error @ (ArchiveError::NotFound(_) | ArchiveError::Short { .. }))) => {
                return self.lost(&plan, stored, error.to_string()).await;
            }
            Err(Failure::Never(error)) => {
                tracing::error!(%error, "the archive cannot be read");
                retry::pause(&self.stop).await;
                return Verdict::GiveBack;
            }
        };
        crash::point("parser.after_read");
        let at = stored.clone();
        let parsed = if seen_before {
            let _alone = self.company.write().await;
            self.with_care(&plan, stored, bytes).await
        } else {
            let _together = self.company.read().await;
            parse(plan.clone(), stored, bytes).await
        };
        match parsed {
            Ok(parsed) => {
                let verdict = self.apply(&plan, parsed).await;
                if let (true, Verdict::Done) = (seen_before, &verdict) {
                    self.put_down(&at).await;
                }
                verdict
            }
            Err(Verdict::Bury(why)) => self.lost(&plan, at, why).await,
            Err(verdict) => verdict,
        }
    }

    /// Parses a segment page by page. Each page's place is committed before it is begun, so that who
    /// takes the segment up after us knows over which one we died; one that is known is closed unparsed.
    async fn with_care(
        &self,
        plan: &Arc<Plan>,
        stored: SegmentStored,
        bytes: Bytes,
    ) -> Result<Parsed, Verdict> {
        let manifest = manifest(&stored, &bytes)?;
        let (run, segment) = (stored.run, stored.at.segment);
        let care = self.deps.store.control();
        let taken = retry::patiently(&self.stop, || care.take_up(run, segment)).await;
        let poison = match taken {
            Ok(poison) => poison,
            Err(failure) => return Err(self.store_failed(failure).await),
        };
        tracing::info!(%segment, pages = manifest.visits.len(), ?poison, "a segment is parsed with care");
        let whole = Arc::new((stored, bytes, manifest));
        let mut parsed = Parsed::of(plan, &whole.0);
        for place in 0..whole.2.visits.len() {
            let number = u32::try_from(place).unwrap_or(u32::MAX);
            let is_poison = poison.contains(&number);
            if !is_poison {
                let begun =
                    retry::patiently(&self.stop, || care.begin_page(run, segment, Some(number))).await;
                if let Err(failure) = begun {
                    return Err(self.store_failed(failure).await);
                }
            }
            let (plan, whole) = (plan.clone(), whole.clone());
            let work = move || {
                let (stored, bytes, manifest) = &*whole;
                let at = Place { plan: &plan, at: &stored.at, bytes, random: random::fraction() };
                let visit = &manifest.visits[place];
                if is_poison { at.poisoned(visit) } else { at.visit(visit) }
            };
            parsed.add(aside(work).await?);
        }
        // From here on a death is no page's.
        let ended = retry::patiently(&self.stop, || care.begin_page(run, segment, None)).await;
        match ended {
            Ok(()) => Ok(parsed),
            Err(failure) => Err(self.store_failed(failure).await),
        }
    }

    async fn put_down(&self, stored: &SegmentStored) {
        let put_down = self.deps.store.control().put_down(stored.run, stored.at.segment).await;
        if let Err(error) = put_down {
            tracing::debug!(%error, "what is known of an applied segment is kept for nothing");
        }
    }

    /// A segment that cannot be had is applied without visits: its URLs go back to the queue. The
    /// message is buried with the reason.
    async fn lost(&self, plan: &Plan, stored: SegmentStored, why: String) -> Verdict {
        tracing::error!(segment = %stored.at.segment, object = stored.at.object, why, "a segment is lost");
        let rules = plan.wanted.rules();
        let segment = ParsedSegment { run: stored.run, at: stored.at, rules, visits: Vec::new() };
        match self.apply(plan, Parsed { segment, decided: Vec::new() }).await {
            Verdict::Done => Verdict::Bury(why),
            verdict => verdict,
        }
    }

    /// The run's plan; None: there is no such run, or it is over.
    async fn plan(&self, run: RunId) -> Result<Option<Arc<Plan>>, Verdict> {
        if let Some(plan) = self.plans.get(run, 0) {
            return Ok(Some(plan));
        }
        let info = match retry::patiently(&self.stop, || self.deps.store.run(run)).await {
            Ok(info) => info,
            Err(Failure::Never(StoreError::NotFound(_))) => return Ok(None),
            Err(failure) => return Err(self.store_failed(failure).await),
        };
        if info.summary.state.is_over() {
            return Ok(None);
        }
        match Plan::new(run, info.job) {
            Ok(plan) => Ok(Some(self.plans.keep(plan))),
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Err(Verdict::Bury(format!("the run's job cannot be used: {}", problems.join("; "))))
            }
        }
    }

    async fn apply(&self, plan: &Plan, parsed: Parsed) -> Verdict {
        let Parsed { segment, decided } = parsed;
        let run = segment.run;
        let (tally, begun) = (Tally::of(&segment), Instant::now());
        let applied = match retry::patiently(&self.stop, || self.deps.store.apply(segment.clone())).await {
            Ok(applied) => applied,
            Err(Failure::Never(StoreError::NotFound(_))) => return Verdict::Done,
            Err(failure) => return self.store_failed(failure).await,
        };
        crash::point("parser.after_commit");
        tally.applied(&applied, begun.elapsed());
        for (place, links) in decided {
            if applied.closed.get(place) == Some(&true) {
                plan.cache.remember(&links);
            }
        }
        if applied.done {
            self.plans.forget(run);
        }
        if applied.ready {
            let hint = messages::encode(&Paced::Hint(Hint { run }));
            if let Err(error) = self.deps.queue.publish(&Lane::Paced, vec![hint]).await {
                tracing::debug!(%error, "a hint was lost; the dispatcher looks by itself");
            }
        }
        Verdict::Done
    }

    async fn store_failed(&self, failure: Failure<StoreError>) -> Verdict {
        let Failure::Never(error) = failure else { return Verdict::GiveBack };
        tracing::error!(%error, "the database cannot take a segment");
        if matches!(error, StoreError::Full(_) | StoreError::Refused(_)) {
            // It is not this segment's fault: whoever runs the parser is to know.
            self.refusal.lock().get_or_insert(error);
            self.stop.cancel();
        } else {
            retry::pause(&self.stop).await;
        }
        Verdict::GiveBack
    }
}

struct Parsed {
    segment: ParsedSegment,
    /// By place in the segment's visits: links to remember.
    decided: Vec<(usize, Vec<u64>)>,
}

impl Parsed {
    fn of(plan: &Plan, stored: &SegmentStored) -> Self {
        let (run, at, rules) = (stored.run, stored.at.clone(), plan.wanted.rules());
        Parsed { segment: ParsedSegment { run, at, rules, visits: Vec::new() }, decided: Vec::new() }
    }

    fn add(&mut self, visited: Visited) {
        let Visited { endings, decided } = visited;
        self.segment.visits.extend(endings);
        if !decided.is_empty() {
            self.decided.push((self.segment.visits.len() - 1, decided));
        }
    }
}

/// What is in a segment.
fn manifest(stored: &SegmentStored, bytes: &Bytes) -> Result<Manifest, Verdict> {
    let manifest = warc::manifest(bytes).map_err(|error| Verdict::Bury(error.to_string()))?;
    if manifest.run != stored.run {
        return Err(Verdict::Bury(format!("its manifest is of run {}, not {}", manifest.run, stored.run)));
    }
    Ok(manifest)
}

async fn parse(plan: Arc<Plan>, stored: SegmentStored, bytes: Bytes) -> Result<Parsed, Verdict> {
    let work = move || {
        let begun = Instant::now();
        let manifest = manifest(&stored, &bytes)?;
        let mut parsed = Parsed::of(&plan, &stored);
        parsed.segment.visits.reserve(manifest.visits.len());
        for visit in &manifest.visits {
            let place = Place { plan: &plan, at: &stored.at, bytes: &bytes, random: random::fraction() };
            parsed.add(place.visit(visit));
        }
        metrics::parsed(begun.elapsed());
        Ok(parsed)
    };
    aside(work).await?
}

/// Works where nobody waits for it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Verdict> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        // All is done on this one thread, so this is as well.
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        // Pages catch their own panics: this is none of them.
        Verdict::Bury(format!("parsing it failed: {error}"))
    })
}
