use super::world::{A, B, LONG, World, ends, fetched, job, numbered, segment};
use shared::job::{ByteSize, Span};
use shared::outcome::Reason;
use shared::ports::Store;
use shared::ports::store::{Audit, PageEnd, RunState, TallyKind};
use std::time::Duration;

pub(super) async fn pages_bind_at_the_lease<S: Store + Audit>(w: World<S>) {
    let mut limited = job();
    limited.limits.pages = Some(15);
    limited.politeness.lanes = 2;
    let run = w.running(limited, 400).await;
    let offers = w.offers(10, 10).await.offers;
    let mut grants = Vec::new();
    for offered in &offers {
        grants.push(w.claim(&offered.offer, "w").await.unwrap());
    }
    assert_eq!(grants.iter().map(|grant| grant.tasks.len()).collect::<Vec<_>>(), [10, 5]);
    w.nothing_ready().await;
    // One that fails leaves room for another.
    let task = &grants[1].tasks[0];
    let mut failed = fetched(&task.url);
    failed.end = PageEnd::Failed(Reason::Dns);
    w.apply(run, segment(), vec![ends(grants[1].lease, task, failed)]).await;
    grants[1].tasks.remove(0);
    w.finish(&grants[0]).await;
    w.finish(&grants[1]).await;
    assert_eq!(w.counts(run).await.pages, 14);
    assert_eq!(w.sweep().await.cut, 0);
    let last = w.lease().await;
    assert_eq!(last.tasks.len(), 1);
    w.finish(&last).await;
    assert_eq!(w.counts(run).await.pages, 15);
    // The rest is cut, a chunk at a time.
    let mut sweeps = 0;
    while w.state(run).await == RunState::Running {
        assert_eq!(w.offers(10, 10).await.offers.len(), 0);
        let swept = w.sweep().await;
        assert!(swept.cut > 0 && (swept.more || swept.cut < 50));
        w.check(run).await;
        sweeps += 1;
    }
    assert_eq!(sweeps, 8);
    assert_eq!(w.tally(run, TallyKind::Cut, "limit_pages").await, 384);
    assert_eq!(w.state(run).await, RunState::Done);
}

pub(super) async fn bytes_end_a_run<S: Store + Audit>(w: World<S>) {
    let mut limited = job();
    limited.limits.bytes = Some(ByteSize(250));
    let run = w.running(limited, 10).await;
    let offers = w.offers(1, 3).await.offers;
    w.finish(&w.claim(&offers[0].offer, "w").await.unwrap()).await;
    w.nothing_ready().await;
    assert_eq!(w.sweep().await.cut, 7);
    assert_eq!(w.tally(run, TallyKind::Cut, "limit_bytes").await, 7);
    assert_eq!(w.state(run).await, RunState::Done);
    w.check(run).await;
}

pub(super) async fn time_ends_a_run<S: Store + Audit>(w: World<S>) {
    let mut limited = job();
    limited.limits.time = Some(Span(Duration::from_secs(60)));
    let run = w.running(limited, 10).await;
    w.clock.advance(Duration::from_secs(59));
    let offers = w.offers(1, 3).await.offers;
    let grant = w.claim(&offers[0].offer, "w").await.unwrap();
    assert_eq!(w.sweep().await.cut, 0);
    w.clock.advance(Duration::from_secs(1));
    assert_eq!(w.sweep().await.cut, 7);
    // What is under way ends by itself.
    assert_eq!(w.state(run).await, RunState::Running);
    assert!(w.finish(&grant).await.done);
    assert_eq!(w.tally(run, TallyKind::Cut, "limit_time").await, 7);
    w.check(run).await;
}

pub(super) async fn what_arrives_later_is_cut_too<S: Store + Audit>(w: World<S>) {
    let mut limited = job();
    limited.limits.pages = Some(2);
    let run = w.running(limited, 2).await;
    let grant = w.lease().await;
    w.admit(run, numbered(run, B, 0, 1)).await;
    // The limit is used up: host B waits.
    w.nothing_ready().await;
    for (task, host) in grant.tasks.iter().zip([A, B]) {
        let mut page = fetched(&task.url);
        page.links = numbered(run, host, 100, 103);
        w.apply(run, segment(), vec![ends(grant.lease, task, page)]).await;
    }
    assert_eq!(w.sweep().await.cut, 7);
    assert_eq!(w.state(run).await, RunState::Done);
    w.check(run).await;
}

pub(super) async fn seeds_that_are_not_in_yet_are_cut<S: Store + Audit>(w: World<S>) {
    let mut limited = job();
    limited.limits.time = Some(Span(Duration::from_secs(60)));
    let run = w.create(limited).await;
    w.admit(run, numbered(run, A, 0, 10)).await;
    w.clock.advance(LONG);
    w.sweep().await;
    assert_eq!(w.state(run).await, RunState::Done);
    assert_eq!(w.admit(run, numbered(run, A, 10, 20)).await, 0);
    w.store.seeded(run).await.unwrap();
    assert_eq!(w.store.seeding().await.unwrap(), []);
    assert_eq!(w.tally(run, TallyKind::Cut, "limit_time").await, 11);
    w.check(run).await;
}
