use super::super::world::World;
use super::other;
use shared::ids::TenantId;
use shared::ports::store::Audit;
use shared::ports::store::control::{NewKey, Quotas, Scope};
use shared::ports::{Store, StoreError};
use std::time::Duration;

fn new_key(id: &str, tenant: TenantId) -> NewKey {
    NewKey {
        id: id.into(),
        tenant,
        name: "n".into(),
        hash: [7; 32],
        scope: Scope::Write,
        lives: None,
        once: None,
    }
}

pub async fn there_is_a_first_tenant_and_names_are_taken_once<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    assert_eq!(control.tenant(TenantId::FIRST).await.unwrap().id, TenantId::FIRST);
    let quotas = Quotas { pages_per_day: Some(u64::from(u32::MAX) * 9), ..Quotas::default() };
    let made = control.create_tenant("a", quotas, None).await.unwrap();
    assert_eq!(control.tenant(made.id).await.unwrap(), made);
    let again = control.create_tenant("a", Quotas::default(), None).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    assert_eq!(control.tenants(Some(TenantId::FIRST), 9).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(control.set_quotas(made.id, Quotas::default()).await.unwrap().quotas, Quotas::default());
}

pub async fn a_key_ends_and_only_ever_sooner<S: Store + Audit>(w: World<S>) {
    let (control, theirs) = (w.store.control(), other(&w.store).await);
    assert!(!control.has_live_keys().await.unwrap());
    let made = control.create_key(new_key("one", TenantId::FIRST)).await.unwrap();
    assert_eq!((made.hash, made.scope, made.expires_at), ([7; 32], Scope::Write, None));
    assert!(control.has_live_keys().await.unwrap());
    let foreign = control.end_key(theirs, "one", Duration::ZERO).await;
    assert!(matches!(foreign, Err(StoreError::NotFound(_))), "{foreign:?}");
    let hour = Duration::from_secs(3600);
    for (after, end) in [(hour * 2, hour * 2), (hour, hour), (hour * 3, hour)] {
        let ended = control.end_key(TenantId::FIRST, "one", after).await.unwrap();
        assert_eq!(ended.expires_at, Some(w.now().plus(end)));
    }
    w.clock.advance(hour);
    assert!(!control.has_live_keys().await.unwrap());
    assert!(control.key("one").await.unwrap().is_some() && control.key("two").await.unwrap().is_none());
}

pub async fn keys_come_newest_first_and_know_when_they_were_used<S: Store + Audit>(w: World<S>) {
    let (control, theirs) = (w.store.control(), other(&w.store).await);
    for (id, tenant) in [("a", TenantId::FIRST), ("b", theirs), ("c", TenantId::FIRST)] {
        control.create_key(new_key(id, tenant)).await.unwrap();
    }
    let (now, later) = (w.now(), w.now().plus(Duration::from_secs(60)));
    control.used_keys(&[("a".into(), later)]).await.unwrap();
    control.used_keys(&[("a".into(), now)]).await.unwrap();
    let keys = control.keys(TenantId::FIRST, None, 9).await.unwrap();
    let seen: Vec<_> = keys.iter().map(|key| (key.id.as_str(), key.last_used_at)).collect();
    assert_eq!(seen, [("c", None), ("a", Some(later))]);
    assert_eq!(control.keys(TenantId::FIRST, Some(keys[0].place), 9).await.unwrap(), keys[1..]);
}

pub async fn a_secret_is_the_same_for_all_who_ask<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    let (one, two) = tokio::join!(control.secret("a"), control.secret("a"));
    let one = one.unwrap();
    assert_eq!(two.unwrap(), one);
    assert_ne!(control.secret("b").await.unwrap(), one);
}
