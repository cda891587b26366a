use super::super::world::{World, job};
use shared::clock::Timestamp;
use shared::ids::{JobId, TenantId};
use shared::ports::Store;
use shared::ports::store::control::{Fire, Fired, NewJob, Quotas};
use shared::ports::store::{Audit, Command};
use shared::schedule::{Planned, Schedule};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn planned(at: Timestamp) -> Option<Planned> {
    Some(Planned { due: at, at })
}

/// A job that is due in an hour.
async fn hourly<S: Store + Audit>(w: &World<S>, overlap: bool) -> JobId {
    let schedule = Schedule {
        cron: "@hourly".into(),
        timezone: "UTC".into(),
        jitter_seconds: 0,
        missed: Default::default(),
        overlap,
        paused: false,
    };
    let schedule = Some((schedule, planned(w.now().plus(HOUR))));
    let new = NewJob { tenant: TenantId::FIRST, job: Arc::new(job()), schedule, once: None };
    w.store.control().create_job(new).await.unwrap().summary.id
}

/// Its present time is decided, and the next one is an hour later.
async fn fire<S: Store + Audit>(w: &World<S>, job: JobId, run: bool) -> Fired {
    let due = w.store.control().due_jobs(9).await.unwrap().1.remove(0).planned.due;
    let fire = Fire { job, due, next: planned(due.plus(HOUR)), run };
    w.store.control().fire(fire).await.unwrap()
}

pub async fn a_due_time_begins_one_run_whoever_asks<S: Store + Audit>(w: World<S>) {
    let (control, job) = (w.store.control(), hourly(&w, false).await);
    assert_eq!(control.due_jobs(9).await.unwrap().1, []);
    w.clock.advance(HOUR);
    let (now, due) = control.due_jobs(9).await.unwrap();
    assert_eq!((now, due.len(), due[0].job), (w.now(), 1, job));
    let fire = Fire { job, due: due[0].planned.due, next: planned(now.plus(HOUR)), run: true };
    let (a, b, c) = tokio::join!(control.fire(fire), control.fire(fire), control.fire(fire));
    let all = [a.unwrap(), b.unwrap(), c.unwrap()];
    assert_eq!(all.iter().filter(|fired| **fired == Fired::Gone).count(), 2, "{all:?}");
    let run = all.into_iter().find(|fired| *fired != Fired::Gone).unwrap();
    assert!(matches!(run, Fired::Run(_)), "{run:?}");
    assert_eq!(control.due_jobs(9).await.unwrap().1, []);
    // Planned for that time once more, it is not decided again.
    control.pause_schedule(TenantId::FIRST, job, false, planned(fire.due)).await.unwrap();
    assert_eq!(control.fire(fire).await.unwrap(), Fired::Gone);
    let firings = control.firings(TenantId::FIRST, job, None, 9).await.unwrap();
    assert_eq!((firings.len(), firings[0].due, firings[0].outcome), (1, fire.due, run));
    assert_eq!(control.firings(TenantId::FIRST, job, Some(fire.due), 9).await.unwrap(), []);
}

pub async fn runs_of_a_job_overlap_only_where_they_may<S: Store + Audit>(w: World<S>) {
    for overlap in [false, true] {
        let job = hourly(&w, overlap).await;
        w.clock.advance(HOUR);
        let Fired::Run(first) = fire(&w, job, true).await else { panic!("a first run") };
        w.clock.advance(HOUR);
        let second = fire(&w, job, true).await;
        assert_eq!(second == Fired::Overlaps, !overlap, "{second:?}");
        w.store.command(first, Command::Cancel).await.unwrap();
        w.clock.advance(HOUR);
        assert!(matches!(fire(&w, job, true).await, Fired::Run(_)));
        w.store.control().pause_schedule(TenantId::FIRST, job, true, None).await.unwrap();
    }
}

pub async fn a_time_may_go_by_and_quotas_hold<S: Store + Audit>(w: World<S>) {
    let (control, job) = (w.store.control(), hourly(&w, true).await);
    w.clock.advance(HOUR);
    assert_eq!(fire(&w, job, false).await, Fired::Missed);
    let quotas = Quotas { concurrent_runs: Some(1), ..Quotas::default() };
    control.set_quotas(TenantId::FIRST, quotas).await.unwrap();
    w.clock.advance(HOUR);
    assert!(matches!(fire(&w, job, true).await, Fired::Run(_)));
    w.clock.advance(HOUR);
    assert_eq!(fire(&w, job, true).await, Fired::Exhausted);
    let all = control.firings(TenantId::FIRST, job, None, 9).await.unwrap();
    let all: Vec<_> = all.into_iter().map(|firing| firing.outcome).collect();
    assert!(matches!(all[..], [Fired::Exhausted, Fired::Run(_), Fired::Missed]), "{all:?}");
}

pub async fn what_is_paused_is_not_due<S: Store + Audit>(w: World<S>) {
    let (control, job) = (w.store.control(), hourly(&w, false).await);
    control.pause_schedule(TenantId::FIRST, job, true, planned(w.now())).await.unwrap();
    w.clock.advance(HOUR);
    assert_eq!(control.due_jobs(9).await.unwrap().1, []);
    control.pause_schedule(TenantId::FIRST, job, false, planned(w.now())).await.unwrap();
    assert_eq!(control.due_jobs(9).await.unwrap().1.len(), 1);
    assert_eq!(control.job(TenantId::FIRST, job).await.unwrap().summary.version, 3);
}
