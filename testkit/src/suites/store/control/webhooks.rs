use super::super::world::{World, ends, fetched, job, report_of, segment};
use shared::ids::{TenantId, WebhookId};
use shared::ports::Store;
use shared::ports::store::Audit;
use shared::ports::store::control::{
    Attempt, DeliveryState, EventKind, NewWebhook, Next, ToDeliver, Webhook,
};
use std::collections::HashSet;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn hook<S: Store + Audit>(w: &World<S>, events: &[EventKind]) -> Webhook {
    let new = NewWebhook {
        tenant: TenantId::FIRST,
        job: None,
        url: "https://hook.example/".into(),
        events: events.to_vec(),
        secrets: vec!["whsec_eA==".into()],
        headers: Default::default(),
        once: None,
    };
    w.store.control().create_webhook(new).await.unwrap()
}

async fn take<S: Store + Audit>(w: &World<S>) -> Vec<ToDeliver> {
    w.store.control().take_deliveries(9, LEASE).await.unwrap()
}

async fn settle<S: Store + Audit>(w: &World<S>, to: &ToDeliver, next: Next) {
    let (status, error) = if next == Next::Done { (200, None) } else { (500, Some("no".to_owned())) };
    let (event, webhook, took) = (to.event.clone(), to.webhook.id, Duration::from_millis(5));
    let attempt = Attempt { event, webhook, tries: to.tries, status: Some(status), error, took, next };
    w.store.control().settle_delivery(attempt, DAY).await.unwrap();
}

async fn state<S: Store + Audit>(w: &World<S>, hook: WebhookId) -> DeliveryState {
    w.store.control().deliveries(TenantId::FIRST, hook, None, 1).await.unwrap()[0].state
}

pub async fn what_a_run_did_is_told_once_to_all_under_one_id<S: Store + Audit>(w: World<S>) {
    let kinds = [EventKind::RunStarted, EventKind::RunPages, EventKind::RunEnded];
    let hooks = [hook(&w, &kinds).await.id, hook(&w, &kinds).await.id];
    let run = w.running(job(), 3).await;
    w.finish(&w.lease().await).await;
    w.check(run).await;
    let control = w.store.control();
    let (one, two) = tokio::join!(control.emit(9), control.emit(9));
    one.unwrap();
    two.unwrap();
    assert_eq!(control.emit(9).await.unwrap(), 0);
    let all = take(&w).await;
    let ids: HashSet<&str> = all.iter().map(|to| to.event.as_str()).collect();
    assert_eq!((all.len(), ids.len()), (6, 3));
    for hook in hooks {
        let rows = control.deliveries(TenantId::FIRST, hook, None, 9).await.unwrap();
        let told: Vec<_> = rows.iter().rev().map(|row| (row.kind.as_str(), row.run)).collect();
        assert_eq!(told, [("run.started", Some(run)), ("run.pages", Some(run)), ("run.ended", Some(run))]);
    }
}

/// Events between which pages were closed told of the last page of the one again in the next.
pub async fn each_page_is_told_once_however_often_runs_are_looked_at<S: Store + Audit>(w: World<S>) {
    hook(&w, &[EventKind::RunPages]).await;
    let run = w.running(job(), 3).await;
    let grant = w.lease().await;
    let mut segments = Vec::new();
    for task in &grant.tasks {
        segments.push(segment());
        let at = segments.last().unwrap().clone();
        w.apply(run, at, vec![ends(grant.lease, task, fetched(&task.url))]).await;
        w.store.control().emit(9).await.unwrap();
    }
    w.report(&report_of(&grant, "w", segments)).await;
    w.store.control().emit(9).await.unwrap();
    let bodies: Vec<serde_json::Value> =
        take(&w).await.iter().map(|to| serde_json::from_str(&to.body).unwrap()).collect();
    let pages = bodies.iter().flat_map(|body| body["data"]["pages"].as_array().unwrap());
    let told: Vec<&str> = pages.map(|page| page["url"].as_str().unwrap()).collect();
    assert_eq!(told, grant.tasks.iter().map(|task| task.url.as_str()).collect::<Vec<_>>());
}

pub async fn what_is_lent_and_not_settled_is_due_again<S: Store + Audit>(w: World<S>) {
    let hook = hook(&w, &[]).await.id;
    let event = w.store.control().ping_webhook(TenantId::FIRST, hook, None).await.unwrap();
    let (one, two) = tokio::join!(take(&w), take(&w));
    assert_eq!(one.len() + two.len(), 1);
    assert!(take(&w).await.is_empty());
    w.clock.advance(LEASE);
    let again = take(&w).await;
    assert_eq!((again[0].event.as_str(), again[0].tries), (event.as_str(), 1));
    settle(&w, &again[0], Next::Done).await;
    w.clock.advance(DAY);
    assert!(take(&w).await.is_empty());
    assert_eq!(state(&w, hook).await, DeliveryState::Delivered);
}

pub async fn a_failed_try_waits_and_a_redelivery_bears_the_same_id<S: Store + Audit>(w: World<S>) {
    let (control, hook) = (w.store.control(), hook(&w, &[]).await.id);
    let event = control.ping_webhook(TenantId::FIRST, hook, None).await.unwrap();
    settle(&w, &take(&w).await[0], Next::Again(LEASE * 5)).await;
    w.clock.advance(LEASE * 5 - Duration::from_millis(1));
    assert!(take(&w).await.is_empty());
    w.clock.advance(Duration::from_millis(1));
    let second = take(&w).await;
    assert_eq!((second[0].event.as_str(), second[0].tries), (event.as_str(), 1));
    settle(&w, &second[0], Next::GiveUp).await;
    assert_eq!(state(&w, hook).await, DeliveryState::Failed);
    control.redeliver(TenantId::FIRST, hook, &event).await.unwrap();
    let third = take(&w).await;
    assert_eq!((third[0].event.as_str(), third[0].tries, &third[0].body), (&*event, 0, &second[0].body));
}

pub async fn an_endpoint_that_failed_too_long_is_disabled<S: Store + Audit>(w: World<S>) {
    let (control, hook) = (w.store.control(), hook(&w, &[]).await);
    control.ping_webhook(TenantId::FIRST, hook.id, None).await.unwrap();
    settle(&w, &take(&w).await[0], Next::Again(DAY)).await;
    assert_eq!(control.webhook(TenantId::FIRST, hook.id).await.unwrap().disabled, None);
    w.clock.advance(DAY);
    settle(&w, &take(&w).await[0], Next::Again(DAY)).await;
    let disabled = control.webhook(TenantId::FIRST, hook.id).await.unwrap().disabled;
    assert!(disabled.is_some_and(|why| why.contains("24 hours")));
    assert_eq!(state(&w, hook.id).await, DeliveryState::Failed);
    let Webhook { tenant, job, url, events, secrets, headers, .. } = hook;
    let new = NewWebhook { tenant, job, url, events, secrets, headers, once: None };
    assert_eq!(control.replace_webhook(hook.id, new).await.unwrap().disabled, None);
    control.delete_webhook(TenantId::FIRST, hook.id).await.unwrap();
    assert!(control.webhook(TenantId::FIRST, hook.id).await.is_err());
}

/// A dispatcher that stood still for longer than its lease is no reason to send again what arrived.
pub async fn an_older_try_puts_nothing_back<S: Store + Audit>(w: World<S>) {
    let (control, hook) = (w.store.control(), hook(&w, &[]).await.id);
    let event = control.ping_webhook(TenantId::FIRST, hook, None).await.unwrap();
    let older = take(&w).await;
    w.clock.advance(LEASE);
    let newer = take(&w).await;
    settle(&w, &older[0], Next::Again(Duration::ZERO)).await;
    assert!(take(&w).await.is_empty(), "the newer try is under way");
    settle(&w, &newer[0], Next::Done).await;
    for next in [Next::Again(Duration::ZERO), Next::GiveUp] {
        settle(&w, &older[0], next).await;
        assert_eq!(state(&w, hook).await, DeliveryState::Delivered);
    }
    assert!(take(&w).await.is_empty());
    // What arrived has arrived, whoever says so.
    control.redeliver(TenantId::FIRST, hook, &event).await.unwrap();
    let older = take(&w).await;
    w.clock.advance(LEASE);
    let newer = take(&w).await;
    settle(&w, &older[0], Next::Done).await;
    settle(&w, &newer[0], Next::Again(Duration::ZERO)).await;
    assert_eq!(state(&w, hook).await, DeliveryState::Delivered);
    assert!(take(&w).await.is_empty());
}
