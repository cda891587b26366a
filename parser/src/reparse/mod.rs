//! A part of a run's stored pages, parsed again by other rules: read from the archive, compared with what
//! the base version has, applied in one transaction.

mod compare;
mod pages;

use crate::Deps;
use crate::plan::{Plan, Plans};
use crate::retry::{self, Failure};
use crate::segment::Verdict;
use pages::Stored;
use shared::messages::ReparsePart;
use shared::ports::ArchiveError;
use shared::ports::store::control::{ParsedPart, ReparseInfo};
use shared::ports::store::{PageRow, PageSelection, RecordRow, RecordSelection, StoreError};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Rows read from the store at a time.
const ROWS: u32 = 200;

/// Works through parts.
pub struct Parts {
    deps: Deps,
    plans: Plans,
    stop: CancellationToken,
}

impl Parts {
    pub fn new(deps: Deps, stop: CancellationToken) -> Self {
        Parts { deps, plans: Plans::default(), stop }
    }

    /// Parses and applies a part.
    pub async fn part(&self, part: ReparsePart) -> Verdict {
        match self.work(part).await {
            Ok(()) => Verdict::Done,
            Err(verdict) => verdict,
        }
    }

    async fn work(&self, part: ReparsePart) -> Result<(), Verdict> {
        let Some(info) = self.version(part).await? else { return Ok(()) };
        let plan = self.plan(part, &info).await?;
        let mut stored = Vec::new();
        for rows in pages::together(self.rows(part).await?) {
            let read =
                retry::patiently(&self.stop, || self.deps.archive.read(&rows.object, rows.offset, rows.len));
            match read.await {
                Ok(bytes) => stored.push(Stored { rows, bytes }),
                // What is not in the archive any more is left out of the new version.
                Err(Failure::Never(error @ (ArchiveError::NotFound(_) | ArchiveError::Short { .. }))) => {
                    tracing::error!(%error, "stored pages cannot be parsed again");
                }
                Err(failure) => return Err(self.failed(failure).await),
            }
        }
        let parse = move || stored.into_iter().flat_map(|stored| stored.parse(&plan)).collect::<Vec<_>>();
        let pages = tokio::task::spawn_blocking(parse)
            .await
            .map_err(|error| Verdict::Bury(format!("parsing it again failed: {error}")))?;
        let differences = compare::records(&self.records(part, info.base).await?, &pages);
        self.apply(ParsedPart { part, pages, differences }).await
    }

    /// The version; None: it is gone, or done.
    async fn version(&self, part: ReparsePart) -> Result<Option<ReparseInfo>, Verdict> {
        let found =
            retry::patiently(&self.stop, || self.deps.store.control().reparse(part.run, part.version)).await;
        match found {
            Ok(info) => Ok(Some(info)),
            Err(Failure::Never(StoreError::NotFound(_))) => Ok(None),
            Err(failure) => Err(self.failed(failure).await),
        }
    }

    async fn plan(&self, part: ReparsePart, info: &ReparseInfo) -> Result<Arc<Plan>, Verdict> {
        if let Some(plan) = self.plans.get(part.run, part.version) {
            return Ok(plan);
        }
        let run = match retry::patiently(&self.stop, || self.deps.store.run(part.run)).await {
            Ok(run) => run,
            Err(failure) => return Err(self.failed(failure).await),
        };
        let mut job = (*run.job).clone();
        job.extract = Some((*info.extract).clone());
        match Plan::new(part.run, Arc::new(job)) {
            Ok(plan) => Ok(self.plans.keep(Plan { version: part.version, ..plan })),
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Err(Verdict::Bury(format!("the rules cannot be used: {}", problems.join("; "))))
            }
        }
    }

    /// The part's pages.
    async fn rows(&self, part: ReparsePart) -> Result<Vec<PageRow>, Verdict> {
        let mut rows: Vec<PageRow> = Vec::new();
        let mut after = part.after;
        while after < part.until {
            let selection =
                || PageSelection { after: Some(after), limit: ROWS, ..PageSelection::of(part.run) };
            let found = match retry::patiently(&self.stop, || self.deps.store.pages(selection())).await {
                Ok(found) => found,
                Err(failure) => return Err(self.failed(failure).await),
            };
            let Some(last) = found.last() else { break };
            after = last.seq;
            rows.extend(found.into_iter().filter(|row| row.seq <= part.until));
        }
        Ok(rows)
    }

    /// The part's valid records in the base version.
    async fn records(&self, part: ReparsePart, base: u32) -> Result<Vec<RecordRow>, Verdict> {
        let mut records: Vec<RecordRow> = Vec::new();
        let mut after = (part.after, u32::MAX);
        loop {
            let selection = || RecordSelection {
                after: Some(after),
                limit: ROWS,
                version: Some(base),
                ..RecordSelection::of(part.run)
            };
            let found = match retry::patiently(&self.stop, || self.deps.store.records(selection())).await {
                Ok(found) => found,
                Err(failure) => return Err(self.failed(failure).await),
            };
            let Some(last) = found.last() else { return Ok(records) };
            after = (last.seq, last.ord);
            let is_beyond = last.seq > part.until;
            records.extend(found.into_iter().filter(|row| row.seq <= part.until));
            if is_beyond {
                return Ok(records);
            }
        }
    }

    async fn apply(&self, part: ParsedPart) -> Result<(), Verdict> {
        match retry::patiently(&self.stop, || self.deps.store.control().apply_part(part.clone())).await {
            Ok(applied) => {
                tracing::debug!(run = %part.part.run, version = part.part.version, applied, "a part");
                Ok(())
            }
            Err(Failure::Never(StoreError::NotFound(_))) => Ok(()),
            Err(failure) => Err(self.failed(failure).await),
        }
    }

    /// What a server did not do goes back, at once or, if a person must look at it, after a pause.
    async fn failed<E: std::fmt::Display>(&self, failure: Failure<E>) -> Verdict {
        if let Failure::Never(error) = failure {
            tracing::error!(%error, "a part of a re-parse cannot be done");
            retry::pause(&self.stop).await;
        }
        Verdict::GiveBack
    }
}
