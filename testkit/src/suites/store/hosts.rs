use super::world::{A, GIVE_UP_AFTER, LONG, World, answer, job, numbered, report_of, retries, segment};
use shared::job::{Job, RobotsMode};
use shared::messages::LeaseReport;
use shared::ports::Store;
use shared::ports::store::{Audit, RunState, TallyKind};
use shared::robots::Access;
use std::time::Duration;

fn two_lanes() -> Job {
    let mut job = job();
    job.politeness.lanes = 2;
    job
}

fn obeying() -> Job {
    let mut job = two_lanes();
    job.politeness.robots = RobotsMode::Obey;
    job
}

pub(super) async fn a_host_has_one_lease_at_a_time<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 500).await;
    let first = w.offers(10, 100).await.offers;
    assert_eq!(first.len(), 1);
    w.nothing_ready().await;
    let other = w.running(job(), 500).await;
    w.nothing_ready().await;
    let grant = w.claim(&first[0].offer, "w").await.unwrap();
    w.nothing_ready().await;
    w.report(&report_of(&grant, "w", vec![segment()])).await;
    assert_eq!(w.offer().await.run, other);
    w.check(run).await;
    w.check(other).await;
}

pub(super) async fn lanes_open_with_delay_0_and_a_known_robots<S: Store + Audit>(w: World<S>) {
    // robots.txt is ignored: two at once, sharing what there is.
    let free = w.running(two_lanes(), 80).await;
    let offers = w.offers(10, 100).await.offers;
    assert_eq!(offers.len(), 2);
    for offered in offers {
        let grant = w.claim(&offered.offer, "w").await.unwrap();
        assert!((32..=40).contains(&grant.tasks.len()));
        w.finish(&grant).await;
    }
    w.finish(&w.lease().await).await;
    assert_eq!(w.state(free).await, RunState::Done);
    w.check(free).await;

    // robots.txt is obeyed, and not known yet: one.
    let run = w.running(obeying(), 500).await;
    let grant = w.lease().await;
    let mut report = report_of(&grant, "w", vec![segment()]);
    report.robots = Some(answer(Access::Rules, "User-agent: *\nDisallow: /x\n", w.now()));
    w.report(&report).await;
    // Known, and without a delay: two.
    let offers = w.offers(10, 100).await.offers;
    assert_eq!(offers.len(), 2);
    for (n, offered) in offers.iter().enumerate() {
        let grant = w.claim(&offered.offer, "w").await.unwrap();
        let mut report = report_of(&grant, "w", vec![segment()]);
        let text = "User-agent: *\nCrawl-Delay: 2\n";
        report.robots = (n == 1).then(|| answer(Access::Rules, text, w.now()));
        w.report(&report).await;
    }
    // Known, with a delay: one.
    let grant = w.lease().await;
    w.report(&report_of(&grant, "w", vec![segment()])).await;
    // Not valid any more: one.
    w.clock.advance(Duration::from_secs(301));
    assert_eq!(w.lease().await.robots, None);
    w.check(run).await;
}

pub(super) async fn the_next_time_of_a_host_holds_for_all_runs<S: Store + Audit>(w: World<S>) {
    let run = w.running(two_lanes(), 100).await;
    let grants = [w.offers(1, 30).await, w.offers(2, 30).await];
    let mut next_in_ms = 20_000;
    for offers in grants {
        let grant = w.claim(&offers.offers[0].offer, "w").await.unwrap();
        let mut report = report_of(&grant, "w", vec![]);
        report.next_in_ms = next_in_ms;
        w.report(&report).await;
        // The longer one holds, whichever comes last.
        next_in_ms = 1_000;
    }
    let other = w.running(job(), 10).await;
    w.clock.advance(Duration::from_millis(19_999));
    w.nothing_ready().await;
    w.clock.advance(Duration::from_millis(1));
    assert!(!w.offers(10, 10).await.offers.is_empty());
    w.check(run).await;
    w.check(other).await;
}

pub(super) async fn a_robots_answer_goes_to_every_lease_while_it_is_valid<S: Store + Audit>(w: World<S>) {
    let mut polite = obeying();
    polite.politeness.lanes = 1;
    let run = w.running(polite.clone(), 100).await;
    let grant = w.lease().await;
    assert_eq!(grant.robots, None);
    let known = answer(Access::Denied, "", w.now());
    let mut report = report_of(&grant, "w", vec![]);
    report.robots = Some(known.clone());
    w.report(&report).await;
    w.sweep().await;
    let grant = w.lease().await;
    assert_eq!(grant.robots, Some(known.clone()));
    w.report(&report_of(&grant, "w", vec![])).await;
    // An older answer does not replace it.
    w.sweep().await;
    let grant = w.lease().await;
    let mut report = report_of(&grant, "w", vec![]);
    report.robots = Some(answer(Access::Allowed, "", shared::clock::Timestamp(w.now().0 - 1)));
    w.report(&report).await;
    // It is the host's, for every run that asks for it; not for one that ignores it.
    let other = w.running(polite, 10).await;
    let grant = w.lease().await;
    assert_eq!((grant.run, &grant.robots), (other, &Some(known)));
    w.report(&report_of(&grant, "w", vec![])).await;
    let ignoring = w.running(job(), 10).await;
    let grant = w.lease().await;
    assert_eq!((grant.run, grant.robots), (ignoring, None));
    w.check(run).await;
}

pub(super) async fn failures_come_back<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 100).await;
    for failures in [0, 4, 1] {
        let grant = w.lease().await;
        let mut report = report_of(&grant, "w", vec![]);
        report.not_begun = grant.tasks.iter().map(|task| task.url_id).collect();
        report.failures = failures;
        w.report(&report).await;
        assert_eq!(w.offers(1, 1).await.offers.len(), 1);
        w.store.lapse_all(Duration::ZERO, Duration::ZERO).await.unwrap();
        let grant = w.lease().await;
        assert_eq!(grant.failures, failures);
        w.report(&LeaseReport { not_begun: report.not_begun, failures, ..report_of(&grant, "w", vec![]) })
            .await;
    }
    w.check(run).await;
}

pub(super) async fn cookies_come_back<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 100).await;
    let grant = w.lease().await;
    assert_eq!(grant.jar, None);
    let mut report = report_of(&grant, "w", vec![]);
    report.jar = Some("[1]".into());
    w.report(&report).await;
    w.sweep().await;
    let grant = w.lease().await;
    assert_eq!(grant.jar.as_deref(), Some("[1]"));
    w.report(&report_of(&grant, "w", vec![])).await;
    // They are the run's.
    w.running(job(), 10).await;
    assert_eq!(w.lease().await.jar, None);
    w.check(run).await;
}

fn down(report: LeaseReport) -> LeaseReport {
    LeaseReport { down: true, failures: 3, next_in_ms: 60_000, ..report }
}

pub(super) async fn a_host_that_is_down_is_given_up<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 120).await;
    let mut now = Duration::ZERO;
    while now <= GIVE_UP_AFTER {
        assert_eq!(w.state(run).await, RunState::Running);
        let grant = w.lease().await;
        let at = segment();
        w.report(&down(report_of(&grant, "w", vec![at.clone()]))).await;
        let visits = grant.tasks.iter().map(|task| retries(grant.lease, task, Duration::from_secs(1)));
        w.apply(run, at, visits.collect()).await;
        w.clock.advance(LONG);
        now += LONG;
        w.sweep().await;
        w.sweep().await;
        w.check(run).await;
    }
    let mut cut = 0;
    while w.state(run).await == RunState::Running {
        cut += w.sweep().await.cut;
        w.check(run).await;
    }
    assert!(cut <= 120);
    assert_eq!(w.state(run).await, RunState::Done);
    assert_eq!(w.tally(run, TallyKind::Cut, "host_down").await, 120);
    assert_eq!(w.counts(run).await.cut, 120);
}

pub(super) async fn another_runs_down_host_is_tried_again<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 1).await;
    let grant = w.lease().await;
    w.report(&down(report_of(&grant, "w", vec![]))).await;
    w.clock.advance(GIVE_UP_AFTER);
    w.sweep().await;
    assert_eq!(w.state(run).await, RunState::Done);
    // A new run asks once before it gives up as well...
    let second = w.running(job(), 1).await;
    assert_eq!(w.sweep().await.cut, 0);
    let grant = w.lease().await;
    assert_eq!(grant.run, second);
    w.report(&down(report_of(&grant, "w", vec![]))).await;
    w.sweep().await;
    assert_eq!(w.state(second).await, RunState::Done);
    // ... and a host that answers is up.
    w.clock.advance(LONG);
    let third = w.running(job(), 2).await;
    let grant = w.lease().await;
    let mut report = report_of(&grant, "w", vec![segment()]);
    report.not_begun = vec![grant.tasks[0].url_id];
    w.report(&report).await;
    assert_eq!(w.sweep().await.cut, 0);
    let grant = w.lease().await;
    w.report(&down(report_of(&grant, "w", vec![]))).await;
    assert_eq!(w.sweep().await.cut, 0);
    w.check(third).await;
}

pub(super) async fn robots_that_cannot_be_had_give_up_too<S: Store + Audit>(w: World<S>) {
    let run = w.create(obeying()).await;
    w.store
        .admit(
            run,
            shared::frontier::AdmitRules { robots: true, ..super::world::rules() },
            numbered(run, A, 0, 3),
        )
        .await
        .unwrap();
    w.store.seeded(run).await.unwrap();
    for denied in [true, false, true] {
        let grant = w.lease().await;
        let mut report = report_of(&grant, "w", vec![]);
        report.not_begun = grant.tasks.iter().map(|task| task.url_id).collect();
        // The second lease knows the answer, and asks nothing.
        report.robots = denied.then(|| answer(Access::Denied, "", w.now()));
        report.down = true;
        w.report(&report).await;
        w.clock.advance(GIVE_UP_AFTER / 3);
        w.check(run).await;
        assert_eq!(w.state(run).await, RunState::Running);
    }
    assert_eq!(w.sweep().await.cut, 4);
    assert_eq!(w.state(run).await, RunState::Done);
    assert_eq!(w.tally(run, TallyKind::Cut, "robots_unreachable").await, 4);
    w.check(run).await;
}
