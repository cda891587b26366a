use super::world::{A, B, World, job, numbered, page, rules};
use shared::frontier::AdmitRules;
use shared::outcome::Kind;
use shared::ports::Store;
use shared::ports::store::{Audit, Command, TallyKind};

pub(super) async fn a_url_is_admitted_once<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    assert_eq!(w.admit(run, numbered(run, A, 0, 5)).await, 5);
    assert_eq!(w.admit(run, numbered(run, A, 3, 8)).await, 3);
    assert_eq!(w.admit(run, vec![]).await, 0);
    assert_eq!(w.counts(run).await.admitted, 9);
    w.store.seeded(run).await.unwrap();
    w.finish(&w.lease().await).await;
    // Nor after it is closed.
    assert_eq!(w.admit(run, numbered(run, A, 0, 8)).await, 0);
    // Another run is another matter.
    let other = w.create(job()).await;
    assert_eq!(w.admit(other, numbered(other, A, 0, 5)).await, 5);
    w.check(run).await;
    w.check(other).await;
}

pub(super) async fn the_first_of_two_in_a_batch_counts<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let (mut first, mut second) = (page(run, A, "x"), page(run, A, "x"));
    (first.depth, second.depth) = (3, 4);
    assert_eq!(w.admit(run, vec![first, second]).await, 1);
    w.store.seeded(run).await.unwrap();
    assert_eq!(w.lease().await.tasks[0].depth, 3);
    w.check(run).await;
}

pub(super) async fn robots_goes_in_front_of_a_hosts_first_url<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let rules = AdmitRules { robots: true, ..rules() };
    let mut urls = numbered(run, A, 0, 2);
    urls.push(page(run, B, "x"));
    urls.push(page(run, A, "robots.txt"));
    assert_eq!(w.store.admit(run, rules, urls).await.unwrap(), 4);
    assert_eq!(w.store.admit(run, rules, numbered(run, A, 0, 3)).await.unwrap(), 1);
    assert_eq!(w.counts(run).await.admitted, 1 + 2 + 5);
    w.store.seeded(run).await.unwrap();
    for offered in w.offers(10, 10).await.offers {
        let grant = w.claim(&offered.offer, "w").await.unwrap();
        let robots = &grant.tasks[0];
        assert_eq!((robots.kind, &robots.url), (Kind::Robots, &format!("{}/robots.txt", grant.origin)));
        assert!(grant.tasks[1..].iter().all(|task| task.kind == Kind::Page));
    }
    w.check(run).await;
}

pub(super) async fn limits_hold_to_the_url_and_are_tallied<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let rules = AdmitRules { urls: 7, urls_per_host: 4, robots: true };
    assert_eq!(w.store.admit(run, rules, numbered(run, A, 0, 6)).await.unwrap(), 4);
    assert_eq!(w.tally(run, TallyKind::Refused, "host_limit").await, 2);
    assert_eq!(w.store.admit(run, rules, numbered(run, B, 0, 2)).await.unwrap(), 2);
    assert_eq!(w.store.admit(run, rules, numbered(run, B, 2, 4)).await.unwrap(), 1);
    assert_eq!(w.tally(run, TallyKind::Refused, "url_limit").await, 1);
    let full = numbered(run, "https://c.example", 0, 1);
    assert_eq!(w.store.admit(run, rules, full).await.unwrap(), 0);
    assert_eq!(w.tally(run, TallyKind::Refused, "url_limit").await, 2);
    // Seven URLs, two robots.txt, the seeds row; nothing for the host that got none in.
    assert_eq!(w.counts(run).await.admitted, 10);
    w.check(run).await;
}

pub(super) async fn known_urls_need_no_room<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    let rules = AdmitRules { urls: 4, ..rules() };
    w.store.admit(run, rules, numbered(run, A, 0, 3)).await.unwrap();
    assert_eq!(w.store.admit(run, rules, numbered(run, A, 0, 4)).await.unwrap(), 1);
    assert_eq!(w.tally(run, TallyKind::Refused, "url_limit").await, 0);
    w.check(run).await;
}

pub(super) async fn nothing_enters_a_run_that_is_over<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    w.store.command(run, Command::Cancel).await.unwrap();
    assert_eq!(w.admit(run, numbered(run, A, 0, 5)).await, 0);
    w.check(run).await;
    let run = w.running(job(), 0).await;
    assert_eq!(w.admit(run, numbered(run, A, 0, 5)).await, 0);
    w.check(run).await;
}

pub(super) async fn a_batch_may_be_large<S: Store + Audit>(w: World<S>) {
    let run = w.create(job()).await;
    assert_eq!(w.admit(run, numbered(run, A, 0, 3_000)).await, 3_000);
    assert_eq!(w.admit(run, numbered(run, A, 1_500, 4_501)).await, 1_501);
    w.store.seeded(run).await.unwrap();
    let grant = w.lease().await;
    let urls: Vec<_> = grant.tasks.iter().map(|task| task.url.clone()).collect();
    let first: Vec<_> = numbered(run, A, 0, 100).into_iter().map(|url| url.url).collect();
    assert_eq!(urls, first);
    w.check(run).await;
}
