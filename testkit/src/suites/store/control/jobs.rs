use super::super::world::{World, job};
use super::other;
use shared::ids::TenantId;
use shared::ports::store::control::{NewJob, Replaced};
use shared::ports::store::{Audit, NewRun};
use shared::ports::{Store, StoreError};
use std::sync::Arc;

fn new_job(name: &str, once: Option<&str>) -> NewJob {
    let mut job = job();
    job.name = Some(name.into());
    NewJob { tenant: TenantId::FIRST, job: Arc::new(job), schedule: None, once: once.map(str::to_owned) }
}

pub async fn a_change_needs_the_present_version<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    let made = control.create_job(new_job("a", None)).await.unwrap();
    let id = made.summary.id;
    assert_eq!((made.summary.version, &made.job.name), (1, &Some("a".into())));
    let (one, two) = tokio::join!(
        control.replace_job(id, Some(1), new_job("b", None)),
        control.replace_job(id, Some(1), new_job("c", None))
    );
    let both = [one.unwrap(), two.unwrap()];
    assert_eq!(both.iter().filter(|done| matches!(done, Replaced::Done(_))).count(), 1);
    assert_eq!(both.iter().filter(|done| **done == Replaced::Changed(2)).count(), 1);
    let any = control.replace_job(id, None, new_job("d", None)).await.unwrap();
    assert!(matches!(any, Replaced::Done(info) if info.summary.version == 3));
    assert_eq!(control.delete_job(TenantId::FIRST, id, Some(2)).await.unwrap(), Replaced::Changed(3));
    assert_eq!(control.job(TenantId::FIRST, id).await.unwrap().summary.name, Some("d".into()));
}

pub async fn the_same_once_makes_one_job<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    let (one, two) = tokio::join!(
        control.create_job(new_job("a", Some("k"))),
        control.create_job(new_job("a", Some("k")))
    );
    assert_eq!(one.unwrap(), two.unwrap());
    let more = control.create_job(new_job("b", Some("l"))).await.unwrap();
    let all = control.jobs(TenantId::FIRST, None, 9).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0], more.summary);
    // The same words of another tenant are another key.
    let theirs = other(&w.store).await;
    let new = NewJob { tenant: theirs, ..new_job("a", Some("k")) };
    let made = control.create_job(new.clone()).await.unwrap();
    assert_eq!(made.summary.tenant, theirs);
    assert_eq!(control.create_job(new).await.unwrap(), made);
}

pub async fn runs_outlive_their_job_and_other_tenants_see_none<S: Store + Audit>(w: World<S>) {
    let (control, theirs) = (w.store.control(), other(&w.store).await);
    let id = control.create_job(new_job("a", None)).await.unwrap().summary.id;
    let run = NewRun { job_id: Some(id), ..NewRun::of(Arc::new(job())) };
    let run = w.store.create_run(run).await.unwrap();
    assert_eq!(control.job(TenantId::FIRST, id).await.unwrap().summary.last_run, Some(run));
    assert!(matches!(control.job(theirs, id).await, Err(StoreError::NotFound(_))));
    assert!(matches!(control.delete_job(theirs, id, None).await, Err(StoreError::NotFound(_))));
    assert_eq!(control.jobs(theirs, None, 9).await.unwrap(), []);
    assert_eq!(control.delete_job(TenantId::FIRST, id, None).await.unwrap(), Replaced::Done(()));
    assert!(matches!(control.job(TenantId::FIRST, id).await, Err(StoreError::NotFound(_))));
    assert_eq!(w.store.summary(run).await.unwrap().run, run);
}
