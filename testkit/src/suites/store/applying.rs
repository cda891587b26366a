use super::world::{A, B, LONG, World, ends, fetched, job, numbered, page, report_of, retries, segment};
use shared::clock::Timestamp;
use shared::ids::UrlId;
use shared::outcome::{Kind, Reason};
use shared::ports::Store;
use shared::ports::store::{
    Audit, ClosedPage, Command, Ending, NewRecord, PageEnd, PageSelection, ParsedPage, ParsedVisit,
    RunCounts, RunState, TallyKind,
};
use std::time::Duration;

fn record(data: &str) -> NewRecord {
    NewRecord { data: data.into(), rejected: None }
}

pub(super) async fn a_page_closes_once_with_all_that_it_has<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 1).await;
    let grant = w.lease().await;
    let at = segment();
    let mut closed = fetched(&grant.tasks[0].url);
    closed.asked_url = Some("https://a.example/old".into());
    let content = "{\"markdown\":\"# T\"}".to_owned();
    closed.parsed = Some(ParsedPage {
        title: Some("T".into()),
        meta: "{\"a\":1}".into(),
        error: None,
        content: Some(content.clone()),
    });
    closed.records = vec![record("{\"n\":1}"), record("{\"n\":2}")];
    closed.links = vec![page(run, A, "next"), page(run, B, "far"), page(run, A, "next")];
    closed.refused = vec![(Reason::OutOfScope, 3)];
    let applied = w.apply(run, at.clone(), vec![ends(grant.lease, &grant.tasks[0], closed)]).await;
    assert_eq!((applied.closed, applied.admitted, applied.done), (vec![true], 2, false));
    let expected =
        RunCounts { admitted: 4, closed: 2, pages: 1, bytes: 100, records: 2, ..RunCounts::default() };
    assert_eq!(w.counts(run).await, expected);
    assert_eq!(w.tally(run, TallyKind::Status, "200").await, 1);
    assert_eq!(w.tally(run, TallyKind::Refused, "out_of_scope").await, 3);
    let pages = w.store.pages(PageSelection { limit: 10, ..PageSelection::of(run) }).await.unwrap();
    assert_eq!(pages.len(), 1);
    let row = &pages[0];
    assert_eq!((row.url_id, row.kind, &row.url), (grant.tasks[0].url_id, Kind::Page, &grant.tasks[0].url));
    assert_eq!((row.status, &*row.outcome, &row.reason, row.depth), (Some(200), "fetched", &None, 1));
    assert_eq!((&row.object, row.offset, row.len), (&Some(at.object), Some(12), Some(34)));
    assert_eq!((row.digest.as_deref(), row.fetched_at), (Some("sha1:ABC"), Timestamp(77)));
    assert_eq!((row.title.as_deref(), row.meta.as_deref()), (Some("T"), Some("{\"a\":1}")));
    let contents = w.store.contents(run, &[row.seq, row.seq + 1, 0]).await.unwrap();
    assert_eq!(contents, [(row.seq, content)]);
    assert_eq!(row.asked_url.as_deref(), Some("https://a.example/old"));
    w.check(run).await;
}

pub(super) async fn a_segment_twice_changes_nothing<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 3).await;
    let grant = w.lease().await;
    let at = segment();
    let visits: Vec<_> = grant
        .tasks
        .iter()
        .map(|task| {
            let mut closed = fetched(&task.url);
            closed.records = vec![record("{}")];
            closed.links = numbered(run, B, 0, 4);
            ends(grant.lease, task, closed)
        })
        .collect();
    w.apply(run, at.clone(), visits.clone()).await;
    let counts = w.counts(run).await;
    let again = w.apply(run, at.clone(), visits.clone()).await;
    assert_eq!((again.closed, again.admitted, again.done), (vec![false; 3], 0, false));
    w.report(&report_of(&grant, "w", vec![at.clone()])).await;
    w.apply(run, at, visits.clone()).await;
    w.apply(run, segment(), visits).await;
    assert_eq!(w.counts(run).await, counts);
    assert!(w.sweep().await.announce.is_empty());
    w.check(run).await;
}

pub(super) async fn the_first_ending_wins<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    let stale = w.lease().await;
    w.clock.advance(LONG);
    w.sweep().await;
    let live = w.lease().await;
    // The late word of a worker that was thought dead closes the URL, whatever lease it is under.
    let mut late = fetched(&stale.tasks[0].url);
    late.end = PageEnd::Failed(Reason::Http(500));
    late.status = Some(500);
    late.records = vec![record("{\"by\":\"late\"}")];
    assert_eq!(w.apply(run, segment(), vec![ends(stale.lease, &stale.tasks[0], late)]).await.closed, [true]);
    w.check(run).await;
    let mut second = fetched(&live.tasks[0].url);
    second.records = vec![record("{\"by\":\"live\"}")];
    second.links = numbered(run, B, 0, 1);
    let visits = vec![
        ends(live.lease, &live.tasks[0], second),
        ends(live.lease, &live.tasks[1], fetched(&live.tasks[1].url)),
    ];
    let applied = w.apply(run, segment(), visits).await;
    assert_eq!((applied.closed, applied.admitted, applied.done), (vec![false, true], 0, true));
    let counts = w.counts(run).await;
    assert_eq!((counts.pages, counts.failed, counts.records), (1, 1, 1));
    assert_eq!(w.tally(run, TallyKind::Failed, "http_500").await, 1);
    w.check(run).await;
}

pub(super) async fn an_unasked_end_is_admitted_and_closed<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 4).await;
    let grant = w.lease().await;
    let redirect = |task: &shared::messages::Task, to: &str| ClosedPage {
        end: PageEnd::Redirected(to.to_owned()),
        status: Some(301),
        ..fetched(&task.url)
    };
    let unasked = |path: &str| {
        let url = page(run, A, path);
        let closed = fetched(&url.url);
        ParsedVisit {
            lease: grant.lease,
            url_id: url.url_id,
            unasked: Some(url),
            ending: Ending::Closed(Box::new(closed)),
        }
    };
    let visits = vec![
        ends(grant.lease, &grant.tasks[0], redirect(&grant.tasks[0], "https://a.example/end")),
        unasked("end"),
        ends(grant.lease, &grant.tasks[1], redirect(&grant.tasks[1], "https://a.example/end")),
        unasked("end"),
        // The end is a URL that waits itself: closed where it stands.
        ends(grant.lease, &grant.tasks[2], redirect(&grant.tasks[2], &grant.tasks[3].url)),
        unasked("000003"),
    ];
    let applied = w.apply(run, segment(), visits).await;
    assert_eq!(applied.closed, [true, true, true, false, true, true]);
    assert_eq!((applied.admitted, applied.done), (1, true));
    let counts = w.counts(run).await;
    assert_eq!((counts.admitted, counts.closed), (6, 6));
    assert_eq!((counts.pages, counts.redirected), (2, 3));
    w.check(run).await;
}

pub(super) async fn a_retry_needs_its_lease<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    let stale = w.lease().await;
    w.clock.advance(LONG);
    w.sweep().await;
    let live = w.lease().await;
    let soon = Duration::from_secs(5);
    let applied = w.apply(run, segment(), vec![retries(stale.lease, &stale.tasks[0], soon)]).await;
    assert_eq!(applied.closed, [false]);
    let visits = vec![retries(live.lease, &live.tasks[0], soon), retries(live.lease, &live.tasks[0], soon)];
    w.apply(run, segment(), visits.clone()).await;
    w.check(run).await;
    // Not a second time, now that it waits.
    w.apply(run, segment(), visits).await;
    w.clock.advance(soon);
    assert_eq!(w.sweep().await.due, 1);
    w.report(&report_of(&live, "w", vec![segment()])).await;
    let again = w.lease().await;
    assert_eq!((again.tasks.len(), again.tasks[0].tries), (1, 1));
    // A retry of what nobody knows is nothing.
    let mut unknown = retries(again.lease, &again.tasks[0], soon);
    unknown.url_id = UrlId([7; 16]);
    assert_eq!(w.apply(run, segment(), vec![unknown]).await.closed, [false]);
    w.check(run).await;
}

pub(super) async fn the_last_url_ends_the_run<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    let grant = w.lease().await;
    let one = |n: usize| vec![ends(grant.lease, &grant.tasks[n], fetched(&grant.tasks[n].url))];
    assert!(!w.apply(run, segment(), one(0)).await.done);
    w.clock.advance(LONG);
    assert!(w.apply(run, segment(), one(1)).await.done);
    let summary = w.store.summary(run).await.unwrap();
    assert_eq!((summary.state, summary.ended_at), (RunState::Done, Some(w.now())));
    w.check(run).await;
}

pub(super) async fn visits_of_a_run_that_is_over_change_nothing<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    let grant = w.lease().await;
    w.store.command(run, Command::Cancel).await.unwrap();
    let counts = w.counts(run).await;
    let at = segment();
    w.report(&report_of(&grant, "w", vec![at.clone()])).await;
    let mut closed = fetched(&grant.tasks[0].url);
    closed.links = numbered(run, B, 0, 1);
    let url = page(run, A, "unasked");
    let mut unasked = ends(grant.lease, &grant.tasks[1], fetched(&url.url));
    unasked.url_id = url.url_id;
    unasked.unasked = Some(url);
    let applied = w.apply(run, at, vec![ends(grant.lease, &grant.tasks[0], closed), unasked]).await;
    assert_eq!((applied.closed, applied.admitted, applied.done), (vec![false, false], 0, false));
    assert_eq!(w.counts(run).await, counts);
    w.clock.advance(LONG);
    assert!(w.sweep().await.announce.is_empty());
    w.check(run).await;
}

pub(super) async fn endings_are_counted_by_name<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 5).await;
    let grant = w.lease().await;
    let endings = [
        (Some(404), PageEnd::Failed(Reason::Http(404))),
        (None, PageEnd::Failed(Reason::Dns)),
        (None, PageEnd::Cut(Reason::RobotsDenied)),
        (Some(301), PageEnd::Redirected("https://b.example/".into())),
        (Some(200), PageEnd::Fetched),
    ];
    let visits = grant.tasks.iter().zip(endings).map(|(task, (status, end))| {
        let mut page = ClosedPage { status, end, ..fetched(&task.url) };
        page.records =
            vec![record("{}"), NewRecord { data: "{}".into(), rejected: Some("missing: price".into()) }];
        ends(grant.lease, task, page)
    });
    w.apply(run, segment(), visits.collect()).await;
    let counts = w.counts(run).await;
    assert_eq!((counts.pages, counts.failed, counts.redirected, counts.cut), (1, 2, 1, 1));
    assert_eq!((counts.records, counts.rejected), (5, 5));
    for (kind, key, n) in [
        (TallyKind::Status, "404", 1),
        (TallyKind::Status, "200", 1),
        (TallyKind::Failed, "http_404", 1),
        (TallyKind::Failed, "dns", 1),
        (TallyKind::Cut, "robots_denied", 1),
        (TallyKind::Rejected, "missing: price", 5),
    ] {
        assert_eq!(w.tally(run, kind, key).await, n, "{key}");
    }
    w.check(run).await;
}

pub(super) async fn a_large_segment_is_applied_whole<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 6).await;
    let grant = w.lease().await;
    // More links than one transaction takes: cut at the boundaries of pages.
    let visits = grant.tasks.iter().enumerate().map(|(n, task)| {
        let mut page = fetched(&task.url);
        page.links = numbered(run, B, n * 3_000, n * 3_000 + 9_000);
        ends(grant.lease, task, page)
    });
    let at = segment();
    let applied = w.apply(run, at.clone(), visits.collect()).await;
    assert_eq!((applied.closed, applied.admitted), (vec![true; 6], 24_000));
    w.report(&report_of(&grant, "w", vec![at])).await;
    w.clock.advance(LONG);
    assert!(w.sweep().await.announce.is_empty());
    w.check(run).await;
}

pub(super) async fn known_says_what_was_admitted<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 3).await;
    let ids: Vec<_> = numbered(run, A, 1, 800).into_iter().map(|url| url.url_id).collect();
    let mut known = w.store.known(run, &ids).await.unwrap();
    known.sort();
    let mut expected = ids[..2].to_vec();
    expected.sort();
    assert_eq!(known, expected);
    assert_eq!(w.store.known(run, &[]).await.unwrap(), []);
}
