use super::super::world::{A, World, job, numbered};
use shared::firecrawl::{Event, Hook};
use shared::ids::{RunId, TenantId};
use shared::ports::Store;
use shared::ports::store::control::{Attempt, Beside, EventKind, NewWebhook, Next, ToDeliver};
use shared::ports::store::{Audit, NewRun};
use std::sync::Arc;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);
const NAME: &str = "pages of today";

fn beside() -> Beside {
    let webhook = NewWebhook {
        tenant: TenantId::FIRST,
        job: None,
        url: "https://hook.example/".into(),
        events: vec![EventKind::RunStarted, EventKind::RunPages, EventKind::RunEnded],
        secrets: vec!["whsec_eA==".into()],
        headers: Default::default(),
        once: None,
    };
    let hook =
        Hook { part_of: None, is_crawl: true, events: Event::ALL.to_vec(), metadata: Default::default() };
    Beside { hook: Some((webhook, hook)), series: Some(NAME.to_owned()) }
}

async fn begin<S: Store + Audit>(w: &World<S>, once: Option<&str>, pages: usize) -> RunId {
    let new = NewRun { once: once.map(str::to_owned), ..NewRun::of(Arc::new(job())) };
    let run = w.store.control().begin_run(new, beside()).await.unwrap();
    w.admit(run, numbered(run, A, 0, pages)).await;
    w.store.seeded(run).await.unwrap();
    run
}

async fn take<S: Store + Audit>(w: &World<S>) -> Vec<ToDeliver> {
    w.store.control().take_deliveries(100, LEASE).await.unwrap()
}

fn kinds(all: &[ToDeliver]) -> Vec<String> {
    let kind = |to: &ToDeliver| serde_json::from_str::<serde_json::Value>(&to.body).unwrap()["type"].clone();
    all.iter().map(|to| kind(to).as_str().unwrap().to_owned()).collect()
}

pub async fn a_run_begins_with_what_is_beside_it_once<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    let first = begin(&w, Some("once"), 1).await;
    let again = NewRun { once: Some("once".to_owned()), ..NewRun::of(Arc::new(job())) };
    assert_eq!(control.begin_run(again, beside()).await.unwrap(), first);
    assert_eq!(control.webhooks(TenantId::FIRST, None, 9).await.unwrap().len(), 1);
    assert_eq!(control.series_of(first).await.unwrap(), Some((NAME.to_owned(), None)));
    w.finish(&w.lease().await).await;
    let second = begin(&w, None, 1).await;
    assert_eq!(control.series_of(second).await.unwrap(), Some((NAME.to_owned(), Some(first))));
    assert_eq!(control.series(TenantId::FIRST, NAME, 9).await.unwrap(), [first, second]);
    assert!(control.series(super::other(&w.store).await, NAME, 9).await.unwrap().is_empty());
    let page = numbered(first, A, 0, 1).remove(0).url;
    let places = control.places(first, &[page.clone(), "https://elsewhere.example/".into()]).await.unwrap();
    assert_eq!(places.iter().map(|place| &place.url).collect::<Vec<_>>(), [&page]);
}

pub async fn a_run_is_told_in_the_form_of_firecrawl_page_by_page_and_its_end_last<S: Store + Audit>(
    w: World<S>,
) {
    let control = w.store.control();
    let run = begin(&w, None, 3).await;
    w.finish(&w.lease().await).await;
    let (one, two) = tokio::join!(control.emit(9), control.emit(9));
    one.unwrap();
    two.unwrap();
    assert_eq!(control.emit(9).await.unwrap(), 0);
    let few = control.take_deliveries(3, LEASE).await.unwrap();
    let mut told = kinds(&few);
    let rest = take(&w).await;
    told.extend(kinds(&rest));
    told.sort();
    assert_eq!(told, ["crawl.page", "crawl.page", "crawl.page", "crawl.started"]);
    let end = take(&w).await;
    assert_eq!(kinds(&end), ["crawl.completed"]);
    assert_eq!(end[0].webhook.hook.as_ref().map(|(run, _)| *run), Some(run));
    // Another run hears nothing of it, and is not told of.
    let (event, webhook) = (end[0].event.clone(), end[0].webhook.id);
    let (status, error, took) = (Some(200), None, LEASE);
    let done = Attempt { event, webhook, tries: 0, status, error, took, next: Next::Done };
    control.settle_delivery(done, LEASE).await.unwrap();
    w.running(job(), 1).await;
    w.finish(&w.lease().await).await;
    control.emit(9).await.unwrap();
    assert!(take(&w).await.is_empty());
}
