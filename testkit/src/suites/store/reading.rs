use super::world::{World, ends, fetched, job, segment};
use shared::ids::RunId;
use shared::ports::Store;
use shared::ports::store::{Audit, NewRecord, PageSelection, RecordSelection};

/// A run of 20 pages with three records each, the second of them rejected.
async fn harvested<S: Store + Audit>(w: &World<S>) -> RunId {
    let run = w.running(job(), 20).await;
    let grant = w.lease().await;
    for tasks in grant.tasks.chunks(7) {
        let visits = tasks.iter().map(|task| {
            let mut page = fetched(&task.url);
            page.asked_url = Some(format!("{}?asked", task.url));
            page.records = (0..3)
                .map(|n| NewRecord {
                    data: format!("{{\"n\":{n}}}"),
                    rejected: (n == 1).then(|| "missing: price".to_owned()),
                })
                .collect();
            ends(grant.lease, task, page)
        });
        w.apply(run, segment(), visits.collect()).await;
    }
    run
}

pub(super) async fn rows_come_in_order_and_in_pages<S: Store + Audit>(w: World<S>) {
    let run = harvested(&w).await;
    let mut urls = Vec::new();
    let mut after = None;
    loop {
        let pages = w.store.pages(PageSelection { after, limit: 6, ..PageSelection::of(run) }).await.unwrap();
        let Some(last) = pages.last() else { break };
        assert!(pages.is_sorted_by_key(|page| page.seq));
        after = Some(last.seq);
        urls.extend(pages.into_iter().map(|page| page.url));
    }
    assert_eq!(urls.len(), 20);
    assert!(urls.is_sorted());
    let mut places = Vec::new();
    let mut after = None;
    loop {
        let selection = RecordSelection { after, limit: 7, ..RecordSelection::of(run) };
        let records = w.store.records(selection).await.unwrap();
        let Some(last) = records.last() else { break };
        after = Some((last.seq, last.ord));
        places.extend(records.iter().map(|record| (record.seq, record.ord)));
    }
    assert_eq!(places.len(), 40);
    assert!(places.is_sorted());
}

pub(super) async fn records_name_their_page<S: Store + Audit>(w: World<S>) {
    let run = harvested(&w).await;
    let selection = RecordSelection { limit: 3, ..RecordSelection::of(run) };
    let records = w.store.records(selection).await.unwrap();
    let pages = w.store.pages(PageSelection { limit: 1, ..PageSelection::of(run) }).await.unwrap();
    let (record, page) = (&records[1], &pages[0]);
    assert_eq!((record.seq, record.ord, &*record.data), (page.seq, 2, "{\"n\":2}"));
    assert_eq!((&record.final_url, Some(&record.url)), (&page.url, page.asked_url.as_ref()));
    assert_eq!((record.status, record.fetched_at, &record.rejected), (Some(200), page.fetched_at, &None));
}

pub(super) async fn rejected_records_are_kept_apart<S: Store + Audit>(w: World<S>) {
    let run = harvested(&w).await;
    let selection = RecordSelection { valid: false, ..RecordSelection::of(run) };
    let records = w.store.records(selection).await.unwrap();
    assert_eq!(records.len(), 20);
    assert!(records.iter().all(|record| record.ord == 1 && record.rejected.is_some()));
    let other = w.running(job(), 0).await;
    let selection = RecordSelection::of(other);
    assert_eq!(w.store.records(selection).await.unwrap(), []);
}
