use super::world::{
    A, B, LONG, MARGIN, OFFER_TTL, SLICE, World, fetched, job, numbered, page, report_of, rules, segment,
};
use shared::frontier::AdmitRules;
use shared::job::Delay;
use shared::outcome::Reason;
use shared::ports::Store;
use shared::ports::store::{Audit, PageSelection, RunState, TallyKind};
use std::time::Duration;

pub(super) async fn a_lease_holds_urls_of_one_host_in_order<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let mut late = page(run, A, "late");
    late.prio = 9;
    let mut soon = page(run, A, "soon");
    soon.prio = 1;
    let urls = vec![late, page(run, A, "1"), page(run, B, "1"), page(run, A, "2"), soon, page(run, A, "3")];
    w.admit(run, urls).await;
    w.store.seeded(run).await.unwrap();
    let offers = w.offers(100, 4).await.offers;
    assert_eq!(offers.len(), 2);
    for offered in &offers {
        let grant = w.claim(&offered.offer, "w").await.unwrap();
        let paths: Vec<_> = grant.tasks.iter().map(|task| task.url.rsplit('/').next().unwrap()).collect();
        let expected: &[&str] = if grant.origin == A { &["soon", "1", "2", "3"] } else { &["1"] };
        assert_eq!((grant.run, paths), (run, expected.to_vec()));
        assert_eq!((grant.left_ms, grant.wait_ms), (SLICE.as_millis() as u64, 0));
    }
    w.check(run).await;
}

pub(super) async fn only_the_first_claim_is_granted<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 3).await;
    let offer = w.offer().await;
    let grant = w.claim(&offer, "w").await.unwrap();
    assert!(w.claim(&offer, "other").await.is_none());
    assert_eq!(w.claim(&offer, "w").await, Some(grant));
    let stranger = shared::messages::LeaseOffer { lease: shared::ids::LeaseId(99), ..offer };
    assert!(w.claim(&stranger, "w").await.is_none());
    w.check(run).await;
}

pub(super) async fn a_handed_lease_is_not_granted_again<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 3).await;
    let offer = w.offer().await;
    let grant = w.claim(&offer, "w").await.unwrap();
    assert!(w.report(&report_of(&grant, "w", vec![segment()])).await);
    assert!(w.claim(&offer, "w").await.is_none());
    // Its URLs are under way: nothing is fetched again.
    w.clock.advance(LONG);
    w.sweep().await;
    w.nothing_ready().await;
    w.check(run).await;
}

pub(super) async fn an_offer_lapses_uncharged<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 3).await;
    let offer = w.offer().await;
    w.clock.advance(OFFER_TTL - Duration::from_millis(1));
    assert_eq!(w.sweep().await.lapsed, 0);
    w.clock.advance(Duration::from_millis(1));
    assert_eq!(w.sweep().await.lapsed, 1);
    assert!(w.claim(&offer, "w").await.is_none());
    let again = w.lease().await;
    assert!(again.lease > offer.lease);
    assert_eq!(again.tasks.len(), 3);
    w.check(run).await;
}

pub(super) async fn an_expired_lease_charges_a_death<S: Store + Audit>(w: World<S>) {
    let mut job = job();
    job.politeness.delay = Delay::Fixed(Duration::from_secs(2));
    let run = w.running(job.clone(), 12).await;
    let grant = w.lease().await;
    let lives = SLICE + job.request.timeouts.total.0 + MARGIN;
    w.clock.advance(lives - Duration::from_millis(1));
    assert_eq!(w.sweep().await.expired, 0);
    w.clock.advance(LONG);
    assert_eq!(w.sweep().await.expired, 1);
    assert!(!w.report(&report_of(&grant, "w", vec![])).await);
    // The worker may have asked just before it died: the host waits one delay.
    w.nothing_ready().await;
    w.clock.advance(Duration::from_secs(2));
    assert_eq!(w.lease().await.tasks.len(), 10);
    w.check(run).await;
}

pub(super) async fn a_report_puts_back_what_was_not_begun<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 5).await;
    let grant = w.lease().await;
    let mut report = report_of(&grant, "w", vec![segment()]);
    report.not_begun = grant.tasks[3..].iter().map(|task| task.url_id).collect();
    assert!(w.report(&report).await);
    let again = w.lease().await;
    assert_eq!(again.tasks, grant.tasks[3..]);
    w.check(run).await;
}

pub(super) async fn a_stale_report_changes_nothing<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 5).await;
    let grant = w.lease().await;
    let mut stale = report_of(&grant, "other", vec![]);
    stale.not_begun = grant.tasks.iter().map(|task| task.url_id).collect();
    stale.next_in_ms = 1_000_000;
    assert!(!w.report(&stale).await);
    let good = report_of(&grant, "w", vec![segment()]);
    assert!(w.report(&good).await);
    assert!(!w.report(&good).await);
    stale.worker = good.worker;
    assert!(!w.report(&stale).await);
    // Neither rows nor host were touched.
    w.admit(run, numbered(run, A, 5, 6)).await;
    assert_eq!(w.lease().await.tasks.len(), 1);
    w.check(run).await;
}

pub(super) async fn those_that_died_are_leased_apart_and_closed_in_the_end<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 12).await;
    let mut sizes = Vec::new();
    let mut alone = Vec::new();
    while w.state(run).await == RunState::Running {
        let Some(offered) = w.offers(1, 100).await.offers.pop() else { break };
        let grant = w.claim(&offered.offer, "w").await.unwrap();
        sizes.push(grant.tasks.len());
        // Only one URL kills, and only its own lease dies with it.
        let culprit = grant.tasks.iter().any(|task| task.url.ends_with("000004"));
        if culprit {
            alone.push(grant.tasks.len());
            w.clock.advance(LONG);
            assert_eq!(w.sweep().await.expired, 1);
        } else {
            w.finish(&grant).await;
        }
        w.check(run).await;
    }
    assert_eq!(alone, [12, 10, 1, 1], "{sizes:?}");
    assert_eq!(w.state(run).await, RunState::Done);
    assert_eq!((w.counts(run).await.pages, w.counts(run).await.failed), (11, 1));
    assert_eq!(w.tally(run, TallyKind::Failed, "poison_fetch").await, 1);
    let pages = w.store.pages(PageSelection::of(run)).await.unwrap();
    let poison = pages.iter().find(|page| page.url.ends_with("000004")).unwrap();
    assert_eq!((&*poison.outcome, &poison.reason), ("failed", &Some(Reason::PoisonFetch.to_string())));
}

pub(super) async fn a_delay_makes_leases_short<S: Store + Audit>(w: World<S>) {
    let mut slow = job();
    slow.politeness.delay = Delay::Fixed(Duration::from_secs(10));
    let run = w.running(slow, 100).await;
    let grant = w.lease().await;
    // At 0, 10, 20 and 30 seconds.
    assert_eq!(grant.tasks.len(), 4);
    let mut report = report_of(&grant, "w", vec![]);
    report.delay_ms = 15_000;
    w.report(&report).await;
    w.sweep().await;
    assert_eq!(w.lease().await.tasks.len(), 3);
    w.check(run).await;
}

pub(super) async fn the_same_worker_gets_the_time_that_is_left<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 5).await;
    let offer = w.offer().await;
    w.claim(&offer, "w").await.unwrap();
    w.clock.advance(Duration::from_secs(12));
    assert_eq!(w.claim(&offer, "w").await.unwrap().left_ms, 18_000);
    w.clock.advance(Duration::from_secs(60));
    assert_eq!(w.claim(&offer, "w").await.unwrap().left_ms, 0);
    w.check(run).await;
}

pub(super) async fn everything_lapses_at_a_start<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let mut urls = numbered(run, A, 0, 5);
    urls.extend(numbered(run, B, 0, 5));
    urls.extend(numbered(run, "https://c.example", 0, 5));
    w.admit(run, urls).await;
    w.store.seeded(run).await.unwrap();
    let offers = w.offers(10, 100).await.offers;
    let granted = w.claim(&offers[0].offer, "w").await.unwrap();
    let handed = w.claim(&offers[1].offer, "w").await.unwrap();
    let at = segment();
    w.report(&report_of(&handed, "w", vec![at.clone()])).await;
    assert_eq!(w.store.lapse_all(Duration::from_secs(7), Duration::from_secs(20)).await.unwrap(), 2);
    assert!(!w.report(&report_of(&granted, "w", vec![])).await);
    assert!(w.claim(&offers[2].offer, "w").await.is_none());
    w.check(run).await;
    // Each of their hosts waits, nobody is charged, the handed one's segment is announced at once.
    w.nothing_ready().await;
    assert_eq!(w.sweep().await.announce.iter().map(|stored| &stored.at).collect::<Vec<_>>(), [&at]);
    w.clock.advance(Duration::from_secs(7));
    let again = w.offers(10, 100).await.offers;
    assert_eq!(again.len(), 2);
    for offered in again {
        assert_eq!(w.claim(&offered.offer, "w2").await.unwrap().tasks.len(), 5);
    }
    let visits = handed.tasks.iter().map(|task| super::world::ends(handed.lease, task, fetched(&task.url)));
    assert_eq!(w.apply(run, at, visits.collect()).await.closed, [true; 5]);
    w.check(run).await;
}

/// A kill in a host's first lease once made it wait a second, whatever delay its robots.txt named.
pub(super) async fn a_host_waits_longer_whose_robots_was_being_asked_for<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let urls = vec![page(run, A, "1"), page(run, B, "1")];
    w.store.admit(run, AdmitRules { robots: true, ..rules() }, urls).await.unwrap();
    w.store.seeded(run).await.unwrap();
    let offers = w.offers(10, 100).await.offers;
    let begun = w.claim(&offers[0].offer, "w").await.unwrap();
    assert_eq!(w.store.lapse_all(Duration::from_secs(1), Duration::from_secs(10)).await.unwrap(), 2);
    for (seconds, host) in [(1, offers[1].offer.host), (9, begun.host)] {
        w.nothing_ready().await;
        w.clock.advance(Duration::from_secs(seconds));
        let again = w.offers(10, 100).await.offers;
        assert_eq!(again.iter().map(|offered| offered.offer.host).collect::<Vec<_>>(), [host]);
        assert_eq!(w.claim(&again[0].offer, "w2").await.unwrap().tasks.len(), 2);
    }
    w.check(run).await;
}
