use super::super::world::World;
use super::other;
use shared::ids::TenantId;
use shared::ports::store::Audit;
use shared::ports::store::control::{
    Answer, Begun, EventKind, NewKey, NewWebhook, Quotas, RequestKey, Scope,
};
use shared::ports::{Store, StoreError};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

pub async fn the_first_of_a_key_does_it_and_others_get_its_answer<S: Store + Audit>(w: World<S>) {
    let (control, theirs) = (w.store.control(), other(&w.store).await);
    let begin = |tenant, hash| control.begin_request(tenant, "k", [hash; 32], PATIENCE);
    let (one, two) = tokio::join!(begin(TenantId::FIRST, 1), begin(TenantId::FIRST, 1));
    let both = [one.unwrap(), two.unwrap()];
    assert!(both.contains(&Begun::Fresh) && both.contains(&Begun::InFlight), "{both:?}");
    assert_eq!(begin(TenantId::FIRST, 2).await.unwrap(), Begun::Other);
    assert_eq!(begin(theirs, 2).await.unwrap(), Begun::Fresh);
    let answer = Answer { status: 201, headers: "{}".into(), body: vec![0, 255] };
    control.end_request(TenantId::FIRST, "k", &answer).await.unwrap();
    assert_eq!(begin(TenantId::FIRST, 1).await.unwrap(), Begun::Answered(answer.clone()));
    control.forget_request(TenantId::FIRST, "k").await.unwrap();
    assert_eq!(begin(TenantId::FIRST, 1).await.unwrap(), Begun::Answered(answer));
    w.clock.advance(PATIENCE);
    control.tidy(PATIENCE / 2, PATIENCE).await.unwrap();
    assert_eq!(begin(TenantId::FIRST, 2).await.unwrap(), Begun::Fresh);
}

pub async fn a_request_that_died_may_be_begun_again<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    let begin = |hash| control.begin_request(TenantId::FIRST, "k", [hash; 32], PATIENCE);
    assert_eq!(begin(1).await.unwrap(), Begun::Fresh);
    w.clock.advance(PATIENCE);
    assert_eq!(begin(2).await.unwrap(), Begun::Other);
    assert_eq!(begin(1).await.unwrap(), Begun::Fresh);
    assert_eq!(begin(1).await.unwrap(), Begun::InFlight);
    control.forget_request(TenantId::FIRST, "k").await.unwrap();
    assert_eq!(begin(2).await.unwrap(), Begun::Fresh);
}

/// A webhook, an event, a tenant and a key were made again by a request whose process had died before it answered.
pub async fn what_a_request_made_it_makes_once<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    let request = async |key: &str| {
        let once = RequestKey { tenant: TenantId::FIRST, key: key.to_owned() };
        let begun = control.begin_request(once.tenant, key, [1; 32], PATIENCE).await.unwrap();
        assert_eq!(begun, Begun::Fresh, "{key}");
        once
    };
    let once = request("hook").await;
    let new = |once: &RequestKey, secret: &str| NewWebhook {
        tenant: TenantId::FIRST,
        job: None,
        url: "https://hook.example/".into(),
        events: vec![EventKind::RunEnded],
        secrets: vec![secret.to_owned()],
        headers: Default::default(),
        once: Some(once.clone()),
    };
    let hook = control.create_webhook(new(&once, "a")).await.unwrap();
    // Its process died; what has made something is begun again at once.
    let once = request("hook").await;
    assert_eq!(control.create_webhook(new(&once, "b")).await.unwrap(), hook);
    assert_eq!(control.webhooks(TenantId::FIRST, None, 9).await.unwrap(), std::slice::from_ref(&hook));

    let turned = control.replace_webhook(hook.id, new(&request("turn").await, "c")).await.unwrap();
    let again = control.replace_webhook(hook.id, new(&request("turn").await, "d")).await.unwrap();
    assert_eq!((&turned.secrets[0], &again), (&"c".to_owned(), &turned));

    let ping = async || {
        let once = request("ping").await;
        control.ping_webhook(TenantId::FIRST, hook.id, Some(&once)).await.unwrap()
    };
    assert_eq!(ping().await, ping().await);
    assert_eq!(control.deliveries(TenantId::FIRST, hook.id, None, 9).await.unwrap().len(), 1);

    let tenant = async || {
        let once = request("tenant").await;
        control.create_tenant("once", Quotas::default(), Some(&once)).await.unwrap()
    };
    assert_eq!(tenant().await, tenant().await);

    let key = async |id: &str| {
        let once = Some(request("key").await);
        let (name, scope) = ("n".to_owned(), Scope::Read);
        let new =
            NewKey { id: id.into(), tenant: TenantId::FIRST, name, hash: [7; 32], scope, lives: None, once };
        control.create_key(new).await
    };
    key("one").await.unwrap();
    // Its text is not known any more, so that it cannot be told.
    assert!(matches!(key("two").await, Err(StoreError::Conflict(why)) if why.contains("one")));
    assert_eq!(control.key("two").await.unwrap(), None);

    // An answer that is not kept forgets the request, but not what it made.
    let once = request("kept").await;
    control.ping_webhook(TenantId::FIRST, hook.id, Some(&once)).await.unwrap();
    control.forget_request(TenantId::FIRST, "kept").await.unwrap();
    let other = control.begin_request(TenantId::FIRST, "kept", [2; 32], PATIENCE).await.unwrap();
    assert_eq!(other, Begun::Other);
    request("kept").await;
}
