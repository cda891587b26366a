use super::world::{ANNOUNCE_AFTER, World, ends, fetched, job, report_of, retries, segment};
use shared::ports::Store;
use shared::ports::store::{Audit, Command, RunState};
use std::time::Duration;

pub(super) async fn retries_come_back_when_they_are_due<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 60).await;
    let grant = w.lease().await;
    let at = segment();
    let visits =
        grant.tasks.iter().zip(1..).map(|(task, n)| retries(grant.lease, task, Duration::from_secs(n)));
    w.apply(run, at.clone(), visits.collect()).await;
    w.report(&report_of(&grant, "w", vec![at])).await;
    let offers = w.offers(10, 100).await;
    assert!(offers.offers.is_empty());
    assert_eq!(offers.next_due, Some(w.now().plus(Duration::from_secs(1))));
    w.clock.advance(Duration::from_secs(3));
    assert_eq!(w.sweep().await.due, 3);
    w.check(run).await;
    let again = w.lease().await;
    assert_eq!(again.tasks.len(), 3);
    assert!(again.tasks.iter().all(|task| task.tries == 1));
    w.clock.advance(Duration::from_secs(57));
    let swept = w.sweep().await;
    assert!(swept.due == 50 && swept.more);
    assert_eq!(w.sweep().await.due, 7);
    w.check(run).await;
}

pub(super) async fn a_handed_lease_ends_with_its_segments<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 4).await;
    let grant = w.lease().await;
    let (first, second) = (segment(), segment());
    w.report(&report_of(&grant, "w", vec![first.clone(), second.clone()])).await;
    let visits = |tasks: &[shared::messages::Task]| {
        tasks.iter().map(|task| ends(grant.lease, task, fetched(&task.url))).collect::<Vec<_>>()
    };
    w.apply(run, first, visits(&grant.tasks[..2])).await;
    w.sweep().await;
    w.nothing_ready().await;
    assert!(w.apply(run, second, visits(&grant.tasks[2..])).await.done);
    w.check(run).await;
}

pub(super) async fn what_a_handed_lease_lost_waits_again<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 4).await;
    let grant = w.lease().await;
    let at = segment();
    let visits = grant.tasks[..2].iter().map(|task| ends(grant.lease, task, fetched(&task.url)));
    // Applied before it is reported: messages take different ways.
    w.apply(run, at.clone(), visits.collect()).await;
    w.report(&report_of(&grant, "w", vec![at])).await;
    w.sweep().await;
    w.check(run).await;
    let again = w.lease().await;
    assert_eq!(again.tasks, grant.tasks[2..]);
    // A segment that cannot be read is applied without visits: what it held waits again, uncharged.
    let lost = segment();
    w.report(&report_of(&again, "w", vec![lost.clone()])).await;
    w.sweep().await;
    w.nothing_ready().await;
    w.apply(run, lost, vec![]).await;
    w.sweep().await;
    let third = w.lease().await;
    assert_eq!(third.tasks, again.tasks);
    w.finish(&third).await;
    assert_eq!(w.state(run).await, RunState::Done);
    w.check(run).await;
}

pub(super) async fn segments_are_announced_again<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    let grant = w.lease().await;
    let (first, second) = (segment(), segment());
    w.report(&report_of(&grant, "w", vec![first.clone(), second.clone()])).await;
    assert!(w.sweep().await.announce.is_empty());
    w.clock.advance(ANNOUNCE_AFTER);
    let mut announced = w.sweep().await.announce;
    announced.sort_by_key(|stored| stored.at.segment);
    assert_eq!(announced.iter().map(|stored| &stored.at).collect::<Vec<_>>(), [&first, &second]);
    assert!(announced.iter().all(|stored| stored.run == run));
    // Once each time.
    assert!(w.sweep().await.announce.is_empty());
    w.apply(run, first, vec![]).await;
    w.clock.advance(ANNOUNCE_AFTER);
    assert_eq!(w.sweep().await.announce.iter().map(|stored| &stored.at).collect::<Vec<_>>(), [&second]);
    w.check(run).await;
}

pub(super) async fn segments_of_a_run_that_is_over_are_not_announced<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    let grant = w.lease().await;
    w.report(&report_of(&grant, "w", vec![segment()])).await;
    w.store.command(run, Command::Cancel).await.unwrap();
    for _ in 0..3 {
        w.clock.advance(ANNOUNCE_AFTER);
        let swept = w.sweep().await;
        assert!(swept.announce.is_empty(), "{swept:?}");
    }
    w.check(run).await;
}
