use super::world::{A, B, OFFER_TTL, World, ends, fetched, job, numbered, offer_policy, report_of, segment};
use shared::ids::RunId;
use shared::job::Engine;
use shared::ports::Store;
use shared::ports::store::{Audit, NewRun, OfferPolicy};
use std::sync::Arc;
use std::time::Duration;

async fn run_of<S: Store + Audit>(w: &World<S>, urgent: bool, weight: u16, origins: &[String]) -> RunId {
    let new = NewRun { urgent, weight, ..NewRun::of(Arc::new(job())) };
    let run = w.store.create_run(new).await.unwrap();
    let urls = origins.iter().flat_map(|origin| numbered(run, origin, 0, 50)).collect();
    w.admit(run, urls).await;
    w.store.seeded(run).await.unwrap();
    run
}

fn origins(name: &str, n: usize) -> Vec<String> {
    (0..n).map(|n| format!("https://{name}{n}.example")).collect()
}

pub(super) async fn an_urgent_run_goes_first<S: Store + Audit>(w: World<S>) {
    let usual = run_of(&w, false, 100, &origins("u", 5)).await;
    let urgent = run_of(&w, true, 1, &origins("v", 2)).await;
    let offers = w.offers(3, 10).await.offers;
    let runs: Vec<_> = offers.iter().map(|offered| (offered.offer.run, offered.urgent)).collect();
    assert_eq!(runs, [(urgent, true), (urgent, true), (usual, false)]);
}

pub(super) async fn a_lease_that_is_overdue_is_no_reason_to_ask_all_the_time<S: Store + Audit>(w: World<S>) {
    w.running(job(), 50).await;
    w.offers(10, 10).await;
    // The timer is late.
    w.clock.advance(OFFER_TTL + Duration::from_secs(1));
    let again = w.offers(10, 10).await;
    assert!(again.offers.is_empty());
    let again = w.offers(10, 10).await;
    assert!(again.next_due.is_some_and(|due| due.since(w.now()) >= Duration::from_millis(900)), "{again:?}");
}

pub(super) async fn weights_share_the_leases<S: Store + Audit>(w: World<S>) {
    let light = run_of(&w, false, 1, &origins("l", 12)).await;
    let heavy = run_of(&w, false, 3, &origins("h", 12)).await;
    let offers = w.offers(8, 10).await.offers;
    let of = |run| offers.iter().filter(|offered| offered.offer.run == run).count();
    assert_eq!((of(light), of(heavy)), (2, 6));
}

pub(super) async fn a_host_goes_to_the_run_served_longest_ago<S: Store + Audit>(w: World<S>) {
    let runs = [
        run_of(&w, false, 1, &[A.into()]).await,
        run_of(&w, false, 9, &[A.into()]).await,
        run_of(&w, false, 1, &[A.into()]).await,
    ];
    let mut served = Vec::new();
    for _ in 0..9 {
        let offers = w.offers(10, 2).await.offers;
        assert_eq!(offers.len(), 1);
        let grant = w.claim(&offers[0].offer, "w").await.unwrap();
        served.push(grant.run);
        w.clock.advance(Duration::from_millis(10));
        w.finish(&grant).await;
    }
    for three in served.chunks(3) {
        let mut three = three.to_vec();
        three.sort();
        assert_eq!(three, runs, "{served:?}");
    }
    // An urgent one does not wait for its turn.
    let urgent = run_of(&w, true, 1, &[A.into()]).await;
    assert_eq!(w.offers(10, 2).await.offers[0].offer.run, urgent);
}

pub(super) async fn offers_stop_at_their_number<S: Store + Audit>(w: World<S>) {
    let run = run_of(&w, false, 1, &origins("o", 200)).await;
    let first = w.offers(3, 10).await;
    assert_eq!(first.offers.len(), 3);
    assert_eq!(first.next_due, Some(w.now().plus(OFFER_TTL)));
    assert!(w.offers(3, 10).await.offers.is_empty());
    w.claim(&first.offers[0].offer, "w").await.unwrap();
    assert_eq!(w.offers(3, 10).await.offers.len(), 1);
    assert_eq!(w.offers(500, 10).await.offers.len(), 196);
    w.check(run).await;
}

pub(super) async fn offers_stop_where_nobody_parses<S: Store + Audit>(w: World<S>) {
    let run = run_of(&w, false, 1, &origins("o", 5)).await;
    let policy = OfferPolicy { max_handed: 2, ..offer_policy(100, 50) };
    let offers = w.store.offer(policy).await.unwrap();
    assert_eq!((offers.offers.len(), offers.full), (2, true));
    let mut handed = Vec::new();
    for offered in offers.offers {
        let grant = w.claim(&offered.offer, "w").await.unwrap();
        let at = segment();
        assert!(w.report(&report_of(&grant, "w", vec![at.clone()])).await);
        handed.push((grant, at));
    }
    let none = w.store.offer(policy).await.unwrap();
    assert_eq!((none.offers.len(), none.full), (0, true));
    let (grant, at) = handed.remove(0);
    let segment = at.segment;
    assert!(!w.store.is_applied(run, segment).await.unwrap());
    let visits = grant.tasks.iter().map(|task| ends(grant.lease, task, fetched(&task.url))).collect();
    w.apply(run, at, visits).await;
    assert!(w.store.is_applied(run, segment).await.unwrap());
    assert_eq!(w.store.offer(policy).await.unwrap().offers.len(), 1);
    w.check(run).await;
}

pub(super) async fn a_blocked_host_is_looked_at_when_its_time_comes<S: Store + Audit>(w: World<S>) {
    let run = run_of(&w, false, 1, &[A.into(), B.into()]).await;
    for offered in w.offers(2, 10).await.offers {
        let grant = w.claim(&offered.offer, "w").await.unwrap();
        let mut report = report_of(&grant, "w", vec![]);
        report.next_in_ms = if grant.origin == A { 5_000 } else { 9_000 };
        w.report(&report).await;
    }
    let none = w.offers(2, 10).await;
    assert!(none.offers.is_empty());
    assert_eq!(none.next_due, Some(w.now().plus(Duration::from_secs(5))));
    w.clock.advance(Duration::from_millis(4_999));
    w.nothing_ready().await;
    w.clock.advance(Duration::from_millis(1));
    assert_eq!(w.lease().await.origin, A);
    w.clock.advance(Duration::from_millis(4_000));
    assert_eq!(w.lease().await.origin, B);
    w.check(run).await;
}

pub(super) async fn runs_that_need_a_browser_keep_to_their_share<S: Store + Audit>(w: World<S>) {
    let mut needing = job();
    needing.request.engine = Engine::Browser;
    let new = NewRun { urgent: true, ..NewRun::of(Arc::new(needing)) };
    let needing = w.store.create_run(new).await.unwrap();
    let urls = origins("b", 5).iter().flat_map(|origin| numbered(needing, origin, 0, 5)).collect();
    w.admit(needing, urls).await;
    w.store.seeded(needing).await.unwrap();
    let usual = run_of(&w, false, 1, &origins("u", 3)).await;
    // None: the others go on, and it is said that somebody waits.
    let offers = w.store.offer(offer_policy(100, 10)).await.unwrap();
    assert!(offers.renders && offers.offers.len() == 3);
    assert!(offers.offers.iter().all(|offered| offered.offer.run == usual && !offered.renders));
    let some = OfferPolicy { rendered: 2, ..offer_policy(100, 10) };
    let offers = w.store.offer(some).await.unwrap();
    assert!(offers.renders && offers.offers.len() == 2);
    assert!(
        offers.offers.iter().all(|offered| offered.offer.run == needing && offered.renders && offered.urgent)
    );
    let offers = w.store.offer(OfferPolicy { rendered: 9, ..some }).await.unwrap();
    assert_eq!(offers.offers.len(), 3);
    // All of its hosts are offered.
    assert!(!w.store.offer(some).await.unwrap().renders);
    w.check(needing).await;
}
