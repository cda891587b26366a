use super::super::world::World;
use super::other;
use shared::ids::TenantId;
use shared::ports::Store;
use shared::ports::store::Audit;
use shared::ports::store::control::{Answer, Begun};
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
