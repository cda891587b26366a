use super::super::in_trace;
use super::world::{A, B, World, job, numbered};
use shared::ids::RunId;
use shared::ports::store::{Audit, Command, NewRun, RunSelection, RunState, TallyKind};
use shared::ports::{Store, StoreError};
use shared::trace::TraceContext;
use std::sync::Arc;

pub(super) async fn a_run_begins_with_its_seeds_row_open<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let info = w.store.run(run).await.unwrap();
    assert_eq!(info.summary.state, RunState::Seeding);
    assert_eq!(info.summary.created_at, w.now());
    assert_eq!((info.summary.counts.admitted, info.summary.counts.closed), (1, 0));
    assert_eq!(*info.job, job());
    assert_eq!(w.store.seeding().await.unwrap(), [run]);
    // The seeds row itself is never leased, and nothing is before the seeds are in.
    w.admit(run, numbered(run, A, 0, 1)).await;
    w.nothing_ready().await;
    w.check(run).await;
}

pub(super) async fn seeded_makes_it_run<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    assert_eq!(w.state(run).await, RunState::Running);
    assert_eq!(w.store.seeding().await.unwrap(), []);
    w.store.seeded(run).await.unwrap();
    let counts = w.counts(run).await;
    assert_eq!((counts.admitted, counts.closed), (3, 1));
    w.check(run).await;
}

pub(super) async fn seeded_ends_a_run_without_urls<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 0).await;
    let summary = w.store.summary(run).await.unwrap();
    assert_eq!((summary.state, summary.ended_at), (RunState::Done, Some(w.now())));
    w.check(run).await;
}

pub(super) async fn runs_come_newest_first<S: Store + Audit>(w: World<S>) {
    let ended = w.running(job(), 0).await;
    let mut named = job();
    named.name = Some("shop".into());
    let new = NewRun { urgent: true, weight: 2, fingerprint: "shop 1".into(), ..NewRun::of(Arc::new(named)) };
    let open = w.store.create_run(new).await.unwrap();
    assert!(open > ended);
    let all = w.store.runs(RunSelection::newest(10)).await.unwrap();
    assert_eq!(all.iter().map(|summary| summary.run).collect::<Vec<_>>(), [open, ended]);
    assert_eq!((all[0].name.as_deref(), &*all[0].fingerprint, all[0].urgent), (Some("shop"), "shop 1", true));
    assert_eq!(
        w.store.runs(RunSelection { unfinished: true, ..RunSelection::newest(10) }).await.unwrap(),
        all[..1]
    );
    assert_eq!(
        w.store.runs(RunSelection { before: Some(open), ..RunSelection::newest(10) }).await.unwrap(),
        all[1..]
    );
    assert_eq!(w.store.runs(RunSelection::newest(1)).await.unwrap(), all[..1]);
}

pub(super) async fn pause_refuses_offers_and_new_grants<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 4).await;
    let offers = w.offers(1, 2).await.offers;
    assert_eq!(w.store.command(run, Command::Pause).await.unwrap(), RunState::Paused);
    assert!(w.claim(&offers[0].offer, "w").await.is_none());
    w.clock.advance(super::world::LONG);
    assert_eq!(w.sweep().await.lapsed, 1);
    w.nothing_ready().await;
    assert_eq!(w.store.command(run, Command::Resume).await.unwrap(), RunState::Running);
    w.finish(&w.lease().await).await;
    assert_eq!(w.state(run).await, RunState::Done);
    w.check(run).await;
}

pub(super) async fn resume_goes_back_to_what_was<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    w.store.command(run, Command::Pause).await.unwrap();
    assert_eq!(w.store.seeding().await.unwrap(), [run]);
    assert_eq!(w.store.command(run, Command::Resume).await.unwrap(), RunState::Seeding);
    w.store.command(run, Command::Pause).await.unwrap();
    w.admit(run, numbered(run, A, 0, 1)).await;
    w.store.seeded(run).await.unwrap();
    assert_eq!(w.state(run).await, RunState::Paused);
    assert_eq!(w.store.command(run, Command::Resume).await.unwrap(), RunState::Running);
    // A run may become done while it is paused.
    let grant = w.lease().await;
    w.store.command(run, Command::Pause).await.unwrap();
    assert!(w.finish(&grant).await.done);
    assert_eq!(w.state(run).await, RunState::Done);
    w.check(run).await;
}

pub(super) async fn cancel_ends_at_once<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 250).await;
    let granted = w.lease().await;
    assert_eq!(w.store.command(run, Command::Cancel).await.unwrap(), RunState::Cancelled);
    let summary = w.store.summary(run).await.unwrap();
    assert_eq!(summary.ended_at, Some(w.now()));
    assert_eq!((summary.counts.admitted, summary.counts.closed, summary.counts.cut), (251, 251, 250));
    assert_eq!(w.tally(run, TallyKind::Cut, "cancelled").await, 250);
    assert_eq!(w.store.seeding().await.unwrap(), []);
    w.check(run).await;
    // The worker that is still asking keeps the host until it reports.
    let other = w.running(job(), 1).await;
    w.nothing_ready().await;
    assert!(w.report(&super::world::report_of(&granted, "w", vec![])).await);
    assert_eq!(w.offer().await.run, other);
}

pub(super) async fn a_run_that_is_over_stays_over<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 0).await;
    for command in [Command::Cancel, Command::Pause, Command::Resume] {
        assert_eq!(w.store.command(run, command).await.unwrap(), RunState::Done);
    }
    let run = w.create(job()).await;
    w.store.command(run, Command::Cancel).await.unwrap();
    assert_eq!(w.store.command(run, Command::Resume).await.unwrap(), RunState::Cancelled);
    w.store.seeded(run).await.unwrap();
    assert_eq!(w.state(run).await, RunState::Cancelled);
    w.check(run).await;
}

pub(super) async fn an_unknown_run_is_not_found<S: Store + Audit>(w: World<S>) {
    let run = RunId(4711);
    let is_missing = |error| matches!(error, StoreError::NotFound(_));
    assert!(is_missing(w.store.run(run).await.unwrap_err()));
    assert!(is_missing(w.store.summary(run).await.unwrap_err()));
    assert!(is_missing(w.store.command(run, Command::Pause).await.unwrap_err()));
    assert!(is_missing(w.store.seeded(run).await.unwrap_err()));
    assert!(is_missing(w.store.admit(run, super::world::rules(), vec![]).await.unwrap_err()));
}

pub(super) async fn offers_bear_the_trace_that_their_run_was_begun_in<S: Store + Audit>(w: World<S>) {
    let context = TraceContext::of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
    let traced = in_trace(context.clone(), w.running(job(), 1)).await;
    let plain = w.create(job()).await;
    w.admit(plain, numbered(plain, B, 0, 1)).await;
    w.store.seeded(plain).await.unwrap();
    let offers = w.offers(10, 10).await.offers;
    assert_eq!(offers.len(), 2);
    for offered in offers {
        assert_eq!(offered.trace, (offered.offer.run == traced).then(|| context.clone()));
    }
}
