//! The open segment of each run, and the task that commits it when it is due.

use super::commit::commit;
use super::open::{Fate, Open};
use crate::{Config, Deps, Halt, WorkerError};
use futures::FutureExt;
use parking_lot::Mutex;
use shared::ids::{Incarnation, RunId, SegmentId};
use shared::manifest::Visit;
use shared::messages::SegmentRef;
use shared::warc::Exchange;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
use tracing::Instrument;

/// A segment was not stored, and will not be: the worker ends.
#[derive(Debug, thiserror::Error)]
#[error("a segment was not stored")]
pub struct Lost;

/// The committers of the runs that have a lease here.
pub struct Committers {
    config: Arc<Config>,
    deps: Deps,
    worker: Incarnation,
    halt: Halt,
    runs: Mutex<HashMap<RunId, Arc<Committer>>>,
}

impl Committers {
    /// None yet.
    pub fn new(config: Arc<Config>, deps: Deps, worker: Incarnation, halt: Halt) -> Arc<Self> {
        Arc::new(Committers { config, deps, worker, halt, runs: Mutex::default() })
    }

    /// Joins a run's committer, which begins with its first member and ends with its last.
    pub fn join(self: &Arc<Self>, run: RunId, urgent: bool) -> Member {
        let mut runs = self.runs.lock();
        let committer = runs.entry(run).or_insert_with(|| {
            let committer = Arc::new(Committer {
                run,
                all: self.clone(),
                state: Mutex::default(),
                work: Notify::new(),
                room: Notify::new(),
            });
            tokio::spawn(committer.clone().work());
            committer
        });
        committer.state.lock().members += 1;
        Member { committer: committer.clone(), urgent, joined: Mutex::default() }
    }

    /// Takes a committer out of the list when it has no members; nobody can join it afterwards.
    fn leave(&self, committer: &Committer) {
        let mut runs = self.runs.lock();
        let mut state = committer.state.lock();
        state.members -= 1;
        if state.members == 0 {
            state.over = true;
            runs.remove(&committer.run);
            committer.work.notify_one();
        }
    }
}

struct Committer {
    run: RunId,
    all: Arc<Committers>,
    state: Mutex<State>,
    /// There may be something to do.
    work: Notify,
    /// There may be room again.
    room: Notify,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// Bytes of the segment that is being committed.
    writing: usize,
    members: usize,
    /// The last member left.
    over: bool,
    /// A segment could not be committed, and no other will be.
    failed: bool,
}

impl State {
    fn pending(&self) -> usize {
        self.writing + self.open.as_ref().map_or(0, |open| open.writer.len())
    }
}

enum Next {
    Commit(Box<Open>),
    At(Instant),
    Nothing,
    Over,
}

impl Committer {
    async fn work(self: Arc<Self>) {
        let gone = self.all.halt.gone.clone();
        let work = AssertUnwindSafe(self.commit_in_turn()).catch_unwind();
        let error = match gone.run_until_cancelled(work).await {
            None | Some(Ok(Ok(()))) => return,
            Some(Ok(Err(error))) => error,
            Some(Err(_)) => WorkerError::Broken,
        };
        self.all.halt.fail(error);
        // The members see it by the segments that are gone.
        let mut state = self.state.lock();
        state.failed = true;
        state.open = None;
        drop(state);
        self.room.notify_waiters();
    }

    async fn commit_in_turn(&self) -> Result<(), WorkerError> {
        loop {
            match self.next() {
                Next::Commit(open) => {
                    let span = open.span.clone();
                    commit(&self.all.deps, self.run, *open).instrument(span).await?;
                    self.state.lock().writing = 0;
                    self.room.notify_waiters();
                }
                Next::At(due) => tokio::select! {
                    biased;
                    () = sleep_until(due) => {}
                    () = self.work.notified() => {}
                },
                Next::Nothing => self.work.notified().await,
                Next::Over => return Ok(()),
            }
        }
    }

    fn next(&self) -> Next {
        let mut state = self.state.lock();
        let config = &self.all.config;
        let Some(open) = &state.open else {
            return if state.over { Next::Over } else { Next::Nothing };
        };
        if open.visits.is_empty() {
            // What precedes a visit is committed with it, and not without one.
            return if state.over { Next::Over } else { Next::Nothing };
        }
        let due = open.since + config.commit_interval;
        if !(open.due || Instant::now() >= due || state.over) {
            return Next::At(due);
        }
        state.writing = open.writer.len();
        state.open.take().map_or(Next::Nothing, |open| Next::Commit(Box::new(open)))
    }
}

/// A lease's hand in its run's committer.
pub struct Member {
    committer: Arc<Committer>,
    urgent: bool,
    /// The segments that hold something of this lease.
    joined: Mutex<Vec<(SegmentId, watch::Receiver<Fate>)>>,
}

impl Member {
    /// Adds a visit with its last exchange; `record` and `digest` are filled in.
    pub fn add(&self, exchange: Option<&Exchange<'_>>, visit: Visit) {
        self.with_open(|open| {
            open.add(exchange, visit);
            self.urgent
        });
    }

    /// Adds an exchange that is not the last of its visit.
    pub fn exchange(&self, exchange: &Exchange<'_>) {
        self.with_open(|open| {
            open.exchange(exchange);
            false
        });
    }

    fn with_open(&self, fill: impl FnOnce(&mut Open) -> bool) {
        let Committer { run, all, state, work, .. } = &*self.committer;
        let mut state = state.lock();
        let mut joined = self.joined.lock();
        if state.failed {
            let nobody = watch::Sender::new(None);
            joined.push((SegmentId::new(), nobody.subscribe()));
            return;
        }
        let was_empty = state.open.as_ref().is_none_or(|open| open.visits.is_empty());
        let open =
            state.open.get_or_insert_with(|| Open::new(*run, all.worker.clone(), all.deps.clock.now()));
        let at_once = fill(open);
        let full =
            open.visits.len() >= all.config.segment_pages || open.writer.len() >= all.config.segment_bytes;
        let was_due = open.due;
        open.urgent |= at_once;
        open.due |= at_once || full;
        if joined.last().is_none_or(|(id, _)| *id != open.id) {
            joined.push((open.id, open.fate.subscribe()));
        }
        if was_empty || (open.due && !was_due) {
            work.notify_one();
        }
    }

    /// Waits until there is room for more pages.
    pub async fn room(&self) {
        let Committer { all, state, work, room, .. } = &*self.committer;
        loop {
            let freed = room.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            {
                let mut state = state.lock();
                if state.failed || state.pending() < all.config.pending_bytes {
                    return;
                }
                if let Some(open) = &mut state.open {
                    open.due = true;
                }
            }
            work.notify_one();
            freed.await;
        }
    }

    /// Has the rest committed, and waits until all segments of this lease are stored and announced.
    ///
    /// # Errors
    /// If one of them never will be.
    pub async fn flush(&self) -> Result<Vec<SegmentRef>, Lost> {
        let mut joined = std::mem::take(&mut *self.joined.lock());
        if let Some(open) = &mut self.committer.state.lock().open
            && joined.last().is_some_and(|(id, _)| *id == open.id)
        {
            open.due = true;
            if open.visits.is_empty() {
                joined.pop();
            }
        }
        self.committer.work.notify_one();
        let mut segments = Vec::with_capacity(joined.len());
        for (_, mut fate) in joined {
            let stored = fate.wait_for(Option::is_some).await.map_err(|_| Lost)?;
            segments.extend(stored.clone());
        }
        Ok(segments)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.committer.all.leave(&self.committer);
    }
}
