//! Granting a lease: whether it is there to be had, for how long, and what the worker is told.

use super::codes::{GRANTED, OFFERED, ms};
use super::offer;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::job::{Job, RobotsMode};
use shared::messages::{Claim, FetchPolicy, Grant, Task};
use shared::ports::store::{GrantPolicy, RunState};
use shared::robots::RobotsAnswer;
use std::time::Duration;

/// A lease that is claimed, with its run and its host.
pub(crate) struct Found {
    pub(crate) run: RunId,
    pub(crate) state: i64,
    pub(crate) worker: Option<String>,
    pub(crate) granted_at: Option<i64>,
    pub(crate) expires_at: i64,
    pub(crate) run_state: RunState,
    pub(crate) urgent: bool,
    pub(crate) origin: String,
    pub(crate) next_at: i64,
    pub(crate) delay_ms: i64,
    pub(crate) jar: Option<String>,
    /// The host's robots.txt answer, if there is one that is still valid.
    pub(crate) robots: Option<RobotsAnswer>,
    pub(crate) failures: u32,
    pub(crate) deadline: Option<i64>,
}

impl Found {
    /// From when to when the lease is the claimant's; None: it is gone.
    pub(crate) fn times(
        &self,
        claim: &Claim,
        job: &Job,
        policy: GrantPolicy,
        now: Timestamp,
    ) -> Option<(i64, i64)> {
        match self.state {
            OFFERED if self.run_state == RunState::Running => {
                let pause = offer::pause_of(job, self.delay_ms);
                let lives = [ms(policy.slice), ms(job.request.timeouts.total.0), ms(policy.margin), pause];
                Some((now.0, lives.into_iter().fold(now.0, i64::saturating_add)))
            }
            // Asked again by the worker that holds it: a pause refuses new grants, not the answer that was
            // given.
            GRANTED if !self.run_state.is_over() && self.worker.as_ref() == Some(&claim.worker.0) => {
                Some((self.granted_at?, self.expires_at))
            }
            _ => None,
        }
    }

    /// What the worker is told.
    pub(crate) fn grant(
        self,
        claim: &Claim,
        job: &Job,
        tasks: Vec<Task>,
        granted_at: i64,
        policy: GrantPolicy,
        now: Timestamp,
    ) -> Grant {
        // No request begins later than this: the end of the slice, or of the run's time.
        let last_begin = granted_at.saturating_add(ms(policy.slice)).min(self.deadline.unwrap_or(i64::MAX));
        Grant {
            lease: claim.lease,
            host: claim.host,
            run: self.run,
            urgent: self.urgent,
            tasks,
            robots: match job.politeness.robots {
                RobotsMode::Obey => self.robots,
                RobotsMode::Ignore => None,
            },
            policy: FetchPolicy::of(job, &self.origin),
            origin: self.origin,
            jar: self.jar,
            failures: self.failures,
            left_ms: millis(Timestamp(last_begin).since(now)),
            wait_ms: millis(Timestamp(self.next_at).since(now)),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
