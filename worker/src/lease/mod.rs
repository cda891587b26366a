//! One lease, from the grant to its report: one host, one run, some URLs, a slice of time.
//!
//! - `robots`: the host's robots.txt, first thing.
//! - `visit`: one URL, and the redirects that are followed within the lease.
//! - `redirect`: whether to follow. `ask`: one paced request.
//! - `render`: a page that is run in a browser, and what it asks for.

mod ask;
mod redirect;
mod render;
mod robots;
mod visit;

use crate::Deps;
use crate::claims::Granted;
use crate::cookies::Jar;
use crate::fetch::{Fetcher, Headers};
use crate::halt::Halt;
use crate::pace::{Left, Pace};
use crate::segment::{Committers, Lost, Member};
use futures::StreamExt;
use robots::Entry;
use shared::ids::{HostId, Incarnation, LeaseId, UrlId};
use shared::messages::{FetchPolicy, Grant, LeaseReport, Task};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use url::{Origin, Url};

/// What all leases of a worker share.
pub struct Context {
    pub deps: Deps,
    pub worker: Incarnation,
    pub halt: Halt,
    pub committers: Arc<Committers>,
    pub large: Arc<Semaphore>,
}

/// A lease under way.
struct Lease<'a> {
    context: &'a Context,
    id: LeaseId,
    host: HostId,
    /// The host's root; None if the grant names no host, which closes all its URLs.
    root: Option<Url>,
    origin: Origin,
    urgent: bool,
    policy: FetchPolicy,
    pace: Pace,
    fetcher: Fetcher,
    headers: Headers,
    jar: Jar,
    member: Member,
}

/// Runs a lease to its end. When this returns, its segments are stored and announced.
///
/// # Errors
/// If a segment was not stored and will not be; then nothing may be reported or settled.
pub async fn hold(context: &Context, granted: Granted) -> Result<LeaseReport, Lost> {
    let Granted { grant, claimed_at, granted_at } = granted;
    let Grant {
        lease: id,
        host,
        origin,
        run,
        urgent,
        tasks,
        robots,
        policy,
        jar,
        failures,
        left_ms,
        wait_ms,
    } = grant;
    tracing::debug!(lease = %id, %run, origin, tasks = tasks.len(), "lease begins");
    let from = granted_at + Duration::from_millis(wait_ms);
    let until = claimed_at + Duration::from_millis(left_ms);
    let root = Url::parse(&origin).ok();
    let lease = Lease {
        context,
        id,
        host,
        origin: root.as_ref().map_or_else(Origin::new_opaque, Url::origin),
        root,
        urgent,
        pace: Pace::new(policy.politeness.clone(), failures, from, until, context.halt.stop.clone()),
        fetcher: Fetcher::new(
            context.deps.egress.clone(),
            policy.request.timeouts.clone(),
            context.large.clone(),
        ),
        headers: Headers::of(&policy),
        jar: Jar::new(jar.as_deref(), &policy.request.cookies),
        member: context.committers.join(run, urgent),
        policy,
    };
    let End { not_begun, robots, shut } = lease.work(tasks, robots).await;
    let segments = lease.member.flush().await?;
    let Left { next_in, delay, failures, down } = lease.pace.left();
    tracing::debug!(lease = %id, not_begun = not_begun.len(), failures, "lease ends");
    Ok(LeaseReport {
        lease: id,
        host,
        run,
        worker: context.worker.clone(),
        segments,
        not_begun,
        next_in_ms: ms_up(shut.map_or(next_in, |pause| pause.max(next_in))),
        delay_ms: ms_up(delay),
        failures,
        down,
        robots,
        jar: lease.jar.changed(),
    })
}

/// What a lease has to report besides its visits.
#[derive(Default)]
struct End {
    not_begun: Vec<UrlId>,
    /// The robots.txt that was fetched.
    robots: Option<shared::robots::RobotsAnswer>,
    /// robots.txt could not be had: the host is left alone for this long.
    shut: Option<Duration>,
}

impl Lease<'_> {
    async fn work(&self, mut tasks: Vec<Task>, known: Option<shared::robots::RobotsAnswer>) -> End {
        let entry = self.enter(&mut tasks, known).await;
        match entry {
            Entry::Open { rules, fetched } => {
                let not_begun = self.visit_all(tasks, rules.as_ref()).await;
                End { not_begun, robots: fetched, shut: None }
            }
            // Somebody waits: that nobody answers is the answer.
            Entry::Shut { pause, fetched, why: Some(reason) } if self.urgent => {
                for task in tasks {
                    self.close(task, reason);
                }
                End { not_begun: Vec::new(), robots: fetched, shut: Some(pause) }
            }
            Entry::Shut { pause, fetched, .. } => {
                End { not_begun: ids(&tasks), robots: fetched, shut: Some(pause) }
            }
            Entry::Over => End { not_begun: ids(&tasks), ..End::default() },
            Entry::Refused => {
                for task in tasks {
                    self.close(task, shared::outcome::Reason::AddressRefused);
                }
                End::default()
            }
        }
    }

    /// Visits the tasks in their order, as many at a time as the job allows; gives back those that
    /// were not begun.
    async fn visit_all(&self, tasks: Vec<Task>, rules: Option<&shared::robots::Rules>) -> Vec<UrlId> {
        let at_a_time = self.pace.at_a_time();
        futures::stream::iter(tasks)
            .map(|task| self.visit(task, rules))
            .buffer_unordered(at_a_time)
            .filter_map(|ended| std::future::ready(ended.err()))
            .collect()
            .await
    }
}

fn ids(tasks: &[Task]) -> Vec<UrlId> {
    tasks.iter().map(|task| task.url_id).collect()
}

/// Milliseconds, never less than the duration.
fn ms_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
