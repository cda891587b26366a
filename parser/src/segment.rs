//! One segment from message to transaction.

use crate::Deps;
use crate::plan::{Plan, Plans};
use crate::reparse::Parts;
use crate::retry::{self, Failure};
use crate::visit::{Place, Visited};
use bytes::Bytes;
use shared::ids::RunId;
use shared::messages::{self, Hint, Paced, SegmentStored, ToParse};
use shared::ports::store::{ParsedSegment, StoreError};
use shared::ports::{ArchiveError, Delivery, Lane};
use shared::{crash, random, warc};
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_util::sync::CancellationToken;

/// Works through segments; shared by all that do so at once.
pub struct Segments {
    deps: Deps,
    plans: Plans,
    parts: Parts,
    stop: CancellationToken,
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
        Segments { deps, plans: Plans::default(), parts, stop }
    }

    /// Handles one delivery, and settles it last.
    pub async fn handle(&self, delivery: Delivery) {
        crash::point("parser.after_delivery");
        let verdict = match ToParse::decode(&delivery.body) {
            Ok(ToParse::Stored(stored)) => self.segment(stored).await,
            Ok(ToParse::Part(part)) => self.parts.part(part).await,
            Err(unreadable) => Verdict::Bury(unreadable.to_string()),
        };
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

    async fn segment(&self, stored: SegmentStored) -> Verdict {
        let plan = match self.plan(stored.run).await {
            Ok(Some(plan)) => plan,
            Ok(None) => return Verdict::Done,
            Err(verdict) => return verdict,
        };
        let at = &stored.at;
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
        match parse(plan.clone(), stored, bytes).await {
            Ok(parsed) => self.apply(&plan, parsed).await,
            Err(Verdict::Bury(why)) => self.lost(&plan, at, why).await,
            Err(verdict) => verdict,
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
        let applied = match retry::patiently(&self.stop, || self.deps.store.apply(segment.clone())).await {
            Ok(applied) => applied,
            Err(Failure::Never(StoreError::NotFound(_))) => return Verdict::Done,
            Err(failure) => return self.store_failed(failure).await,
        };
        crash::point("parser.after_commit");
        for (place, links) in decided {
            if applied.closed.get(place) == Some(&true) {
                plan.cache.remember(&links);
            }
        }
        if applied.done {
            self.plans.forget(run);
        }
        if applied.admitted > 0 {
            let hint = messages::encode(&Paced::Hint(Hint { run }));
            if let Err(error) = self.deps.queue.publish(&Lane::Paced, vec![hint]).await {
                tracing::debug!(%error, "a hint was lost; the dispatcher looks by itself");
            }
        }
        Verdict::Done
    }

    async fn store_failed(&self, failure: Failure<StoreError>) -> Verdict {
        if let Failure::Never(error) = failure {
            tracing::error!(%error, "the database cannot take a segment");
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

async fn parse(plan: Arc<Plan>, stored: SegmentStored, bytes: Bytes) -> Result<Parsed, Verdict> {
    let work = move || {
        let manifest = warc::manifest(&bytes).map_err(|error| Verdict::Bury(error.to_string()))?;
        if manifest.run != stored.run {
            return Err(Verdict::Bury(format!(
                "its manifest is of run {}, not {}",
                manifest.run, stored.run
            )));
        }
        let mut visits = Vec::with_capacity(manifest.visits.len());
        let mut decided = Vec::new();
        for visit in &manifest.visits {
            let place = Place { plan: &plan, at: &stored.at, bytes: &bytes, random: random::fraction() };
            let Visited { endings, decided: links } = place.visit(visit);
            visits.extend(endings);
            if !links.is_empty() {
                decided.push((visits.len() - 1, links));
            }
        }
        let segment = ParsedSegment { run: stored.run, at: stored.at, rules: plan.wanted.rules(), visits };
        Ok(Parsed { segment, decided })
    };
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        // All is done on this one thread, so this is as well.
        return work();
    }
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        // Pages catch their own panics: this is none of them.
        Err(Verdict::Bury(format!("parsing it failed: {error}")))
    })
}
