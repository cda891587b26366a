use super::world::{ANNOUNCE_AFTER, World, ends, fetched, job, report_of, segment};
use shared::ids::RunId;
use shared::job::Extract;
use shared::messages::ReparsePart;
use shared::ports::store::control::{FieldDifference, NewReparse, ParsedPart, ReparseState, ReparsedPage};
use shared::ports::store::{Audit, NewRecord, PageSelection, ParsedPage, RecordSelection};
use shared::ports::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

fn record(data: &str) -> NewRecord {
    NewRecord { data: data.to_owned(), rejected: None }
}

/// A run that is over, of so many pages with one record each.
async fn over<S: Store + Audit>(w: &World<S>, pages: usize) -> RunId {
    let run = w.running(job(), pages).await;
    let mut done = 0;
    while done < pages {
        let grant = w.lease().await;
        done += grant.tasks.len();
        let at = segment();
        let visits = grant.tasks.iter().map(|task| {
            let mut page = fetched(&task.url);
            page.parsed =
                Some(ParsedPage { title: Some("first".into()), meta: "{}".into(), ..ParsedPage::default() });
            page.records = vec![record("{\"n\":0}")];
            ends(grant.lease, task, page)
        });
        w.apply(run, at.clone(), visits.collect()).await;
        w.report(&report_of(&grant, "w", vec![at])).await;
    }
    run
}

async fn begin<S: Store + Audit>(w: &World<S>, run: RunId, dry_run: bool) -> u32 {
    let extract = Arc::new(Extract::default());
    w.store.control().begin_reparse(NewReparse { run, extract, dry_run, once: None }).await.unwrap()
}

/// Parts that are to be announced now.
async fn parts<S: Store + Audit>(w: &World<S>, limit: u32) -> Vec<ReparsePart> {
    w.store.control().open_parts(ANNOUNCE_AFTER, limit).await.unwrap()
}

/// Applies a part as a parser would that finds one record of `data` on every page.
async fn apply<S: Store + Audit>(w: &World<S>, part: ReparsePart, data: &str) -> bool {
    let all = PageSelection { after: Some(part.after), limit: 1_000, ..PageSelection::of(part.run) };
    let pages = w.store.pages(all).await.unwrap().into_iter().filter(|page| page.seq <= part.until);
    let pages: Vec<ReparsedPage> = pages
        .map(|page| ReparsedPage {
            seq: page.seq,
            parsed: ParsedPage {
                title: Some("second".into()),
                meta: "{\"v\":2}".into(),
                ..ParsedPage::default()
            },
            records: vec![record(data)],
        })
        .collect();
    let changed = pages.len() as u64;
    let differences = vec![FieldDifference { field: "n".into(), changed, ..FieldDifference::default() }];
    w.store.control().apply_part(ParsedPart { part, pages, differences }).await.unwrap()
}

async fn data<S: Store + Audit>(w: &World<S>, run: RunId, version: Option<u32>) -> Vec<String> {
    let all = RecordSelection { version, limit: 1_000, ..RecordSelection::of(run) };
    w.store.records(all).await.unwrap().into_iter().map(|record| record.data).collect()
}

pub(super) async fn only_a_run_that_is_over_is_parsed_again<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 1).await;
    let new = || NewReparse { run, extract: Arc::default(), dry_run: false, once: None };
    let refused = w.store.control().begin_reparse(new()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    let unknown = NewReparse { run: RunId(99_999), ..new() };
    let unknown = w.store.control().begin_reparse(unknown).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(_))), "{unknown:?}");
}

pub(super) async fn parts_cover_every_page_once<S: Store + Audit>(w: World<S>) {
    let run = over(&w, 450).await;
    let version = begin(&w, run, false).await;
    let two = parts(&w, 2).await;
    assert_eq!(two.len(), 2);
    assert_eq!(parts(&w, 2).await, [], "two are out");
    let rest = parts(&w, 100).await;
    let mut all = [two, rest].concat();
    all.sort_by_key(|part| part.after);
    assert!(all.iter().all(|part| (part.run, part.version) == (run, version)));
    assert_eq!((all[0].after, all.windows(2).all(|pair| pair[0].until == pair[1].after)), (0, true));
    assert!(all.last().unwrap().until >= w.counts(run).await.closed);
    w.clock.advance(ANNOUNCE_AFTER + Duration::from_secs(1));
    assert_eq!(parts(&w, 100).await.len(), all.len(), "nobody applied them, so they are announced again");
}

pub(super) async fn with_its_last_part_a_version_is_current<S: Store + Audit>(w: World<S>) {
    let run = over(&w, 450).await;
    let version = begin(&w, run, false).await;
    let all = parts(&w, 100).await;
    for (n, part) in all.iter().enumerate() {
        let info = w.store.control().reparse(run, version).await.unwrap();
        assert_eq!((info.state, info.current, info.applied), (ReparseState::Running, false, n as u64));
        assert_eq!(data(&w, run, None).await[0], "{\"n\":0}");
        assert!(apply(&w, *part, "{\"n\":1}").await);
        assert!(!apply(&w, *part, "{\"n\":7}").await, "the second time changes nothing");
    }
    let info = w.store.control().reparse(run, version).await.unwrap();
    assert_eq!((info.state, info.current, info.base), (ReparseState::Done, true, 0));
    assert_eq!((info.pages, info.records, info.rejected), (450, 450, 0));
    let changed = FieldDifference { field: "n".into(), changed: 450, ..FieldDifference::default() };
    assert_eq!(info.differences, [changed]);
    assert_eq!(data(&w, run, None).await, vec!["{\"n\":1}"; 450]);
    assert_eq!(data(&w, run, Some(0)).await, vec!["{\"n\":0}"; 450]);
    let page = &w.store.pages(PageSelection::of(run)).await.unwrap()[0];
    assert_eq!((page.title.as_deref(), page.meta.as_deref()), (Some("second"), Some("{\"v\":2}")));
    let first = PageSelection { version: Some(0), ..PageSelection::of(run) };
    assert_eq!(w.store.pages(first).await.unwrap()[0].title.as_deref(), Some("first"));
    w.check(run).await;
}

pub(super) async fn a_dry_run_waits_to_be_adopted<S: Store + Audit>(w: World<S>) {
    let run = over(&w, 10).await;
    let version = begin(&w, run, true).await;
    let early = w.store.control().adopt(run, version).await;
    assert!(matches!(early, Err(StoreError::Conflict(_))), "{early:?}");
    for part in parts(&w, 100).await {
        apply(&w, part, "{\"n\":1}").await;
    }
    assert_eq!(data(&w, run, None).await, vec!["{\"n\":0}"; 10]);
    assert_eq!(data(&w, run, Some(version)).await, vec!["{\"n\":1}"; 10]);
    w.store.control().adopt(run, version).await.unwrap();
    assert_eq!(data(&w, run, None).await, vec!["{\"n\":1}"; 10]);
    w.store.control().adopt(run, 0).await.unwrap();
    assert_eq!(data(&w, run, None).await, vec!["{\"n\":0}"; 10]);
}

pub(super) async fn a_version_that_is_not_current_can_be_dropped<S: Store + Audit>(w: World<S>) {
    let run = over(&w, 10).await;
    let first = begin(&w, run, false).await;
    for part in parts(&w, 100).await {
        apply(&w, part, "{\"n\":1}").await;
    }
    let current = w.store.control().drop_reparse(run, first).await;
    assert!(matches!(current, Err(StoreError::Conflict(_))), "{current:?}");
    let second = begin(&w, run, false).await;
    let open = parts(&w, 100).await;
    w.store.control().drop_reparse(run, second).await.unwrap();
    assert!(!apply(&w, open[0], "{\"n\":2}").await, "a part of a version that is gone");
    assert_eq!(data(&w, run, None).await, vec!["{\"n\":1}"; 10]);
    w.store.control().adopt(run, 0).await.unwrap();
    w.store.control().drop_reparse(run, first).await.unwrap();
    assert_eq!(data(&w, run, Some(first)).await, Vec::<String>::new());
    assert_eq!(w.store.control().reparses(run).await.unwrap(), []);
    let third = begin(&w, run, true).await;
    assert!(third > second, "a number is given once");
    w.check(run).await;
}
