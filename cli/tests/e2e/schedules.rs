//! Schedules from the definition to the run, by a clock that is turned by hand: two dispatchers, one run a time.

use backends::memory::MemoryQueue;
use backends::sqlite::SqliteStore;
use shared::clock::{Clock, ManualClock, Timestamp};
use shared::ids::{JobId, TenantId};
use shared::job::Job;
use shared::ports::Store;
use shared::ports::store::RunSelection;
use shared::ports::store::control::{Fired, NewJob};
use shared::schedule::{Missed, Schedule};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_due_time_has_one_run_with_two_dispatchers() {
    let folder = tempfile::tempdir().unwrap();
    // An hour that begins.
    let begin = Timestamp(1_790_000_000_000 / 3_600_000 * 3_600_000);
    let clock = Arc::new(ManualClock::at(begin));
    let store = SqliteStore::open(&folder.path().join("harvest.db"), clock.clone()).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let schedule = Schedule {
        cron: "@hourly".into(),
        timezone: "UTC".into(),
        jitter_seconds: 0,
        missed: Missed::RunOnce,
        overlap: true,
        paused: false,
    };
    let next = schedule.next(JobId(1), clock.now()).unwrap();
    let job = NewJob {
        tenant: TenantId::FIRST,
        job: Arc::new(Job::of_seeds(["https://example.com/"])),
        schedule: Some((schedule, next)),
        once: None,
    };
    let job = store.control().create_job(job).await.unwrap().summary.id;

    let stop = CancellationToken::new();
    let queue = Arc::new(MemoryQueue::new());
    let dispatchers: Vec<_> = (0..2)
        .map(|_| {
            let deps = dispatcher::Deps {
                store: store.clone(),
                queue: queue.clone(),
                clock: clock.clone(),
                egress: None,
            };
            let config =
                dispatcher::Config { schedules_every_ms: 1, gauge_every_ms: 0, ..Default::default() };
            tokio::spawn(dispatcher::run(config, deps, stop.clone()))
        })
        .collect();
    let firings = async || store.control().firings(TenantId::FIRST, job, None, 100).await.unwrap();
    for hour in 1..=24 {
        clock.advance(HOUR);
        while firings().await.len() < hour {
            tokio::task::yield_now().await;
        }
    }
    // Nobody was there for five hours: one run makes up for them.
    clock.advance(HOUR * 5);
    while firings().await.len() < 25 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    for dispatcher in dispatchers {
        dispatcher.await.unwrap().unwrap();
    }
    let firings = firings().await;
    let due: HashSet<Timestamp> = firings.iter().map(|firing| firing.due).collect();
    let runs: HashSet<_> = firings
        .iter()
        .map(|firing| match firing.outcome {
            Fired::Run(run) => run,
            ref other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((firings.len(), due.len(), runs.len()), (25, 25, 25));
    assert_eq!(store.runs(RunSelection::newest(100)).await.unwrap().len(), 25);
}
