use super::super::world::{A, B, World, job, numbered};
use super::other;
use shared::clock::Timestamp;
use shared::ids::{HostId, TenantId};
use shared::ports::store::Audit;
use shared::ports::store::control::{Change, Comparison, HostSelection, Slice};
use shared::ports::{Store, StoreError};
use std::time::Duration;

pub async fn a_held_host_waits_for_that_run_only<S: Store + Audit>(w: World<S>) {
    let (control, theirs) = (w.store.control(), other(&w.store).await);
    let (tenant, host) = (TenantId::FIRST, HostId::of(A));
    let one = w.running(job(), 2).await;
    assert!(matches!(control.hold_host(theirs, host, None, true).await, Err(StoreError::NotFound(_))));
    assert_eq!(control.hold_host(tenant, host, Some(one), true).await.unwrap(), 1);
    w.nothing_ready().await;
    // What is admitted meanwhile waits too.
    w.admit(one, numbered(one, A, 2, 4)).await;
    w.nothing_ready().await;
    let two = w.running(job(), 1).await;
    let lease = w.lease().await;
    assert_eq!(lease.run, two);
    let row = control.host(tenant, host).await.unwrap();
    assert_eq!((row.origin.as_str(), row.runs, row.held), (A, 2, 1));
    w.finish(&lease).await;
    w.nothing_ready().await;
    assert_eq!(control.hold_host(tenant, host, None, false).await.unwrap(), 1);
    let lease = w.lease().await;
    assert_eq!((lease.run, lease.tasks.len()), (one, 4));
    // Held while it is asked: the lease ends by itself, and the run with it.
    control.hold_host(tenant, host, None, true).await.unwrap();
    w.finish(&lease).await;
    assert!(w.state(one).await.is_over());
    w.check(one).await;
}

pub async fn hosts_come_in_order_and_in_pages<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 1).await;
    w.admit(run, numbered(run, B, 0, 2)).await;
    let list = async |tenant, after, run| {
        let selection = HostSelection { tenant, run, after, limit: 1 };
        w.store.control().hosts(selection).await.unwrap()
    };
    let first = list(TenantId::FIRST, None, None).await.remove(0);
    let second = list(TenantId::FIRST, Some(first.id), Some(run)).await.remove(0);
    assert!(first.id < second.id && list(TenantId::FIRST, Some(second.id), None).await.is_empty());
    assert_eq!(first.admitted + second.admitted, 3);
    assert_eq!(list(other(&w.store).await, None, None).await, []);
}

pub async fn two_runs_compare_by_their_pages<S: Store + Audit>(w: World<S>) {
    let mut runs = Vec::new();
    for pages in [3, 2] {
        runs.push(w.running(job(), pages).await);
        w.finish(&w.lease().await).await;
    }
    let compared = w.store.control().compare(runs[1], runs[0]).await.unwrap();
    assert_eq!(compared, Comparison { new: 0, changed: 0, same: 2, gone: 1 });
    let gone = w.store.control().changes(runs[1], runs[0], Change::Gone, None, 9).await.unwrap();
    assert_eq!(gone.iter().map(|page| page.url.as_str()).collect::<Vec<_>>(), ["https://a.example/000002"]);
    let same = w.store.control().changes(runs[1], runs[0], Change::Same, None, 9).await.unwrap();
    assert_eq!(same.len(), 2);
    let rest = w.store.control().changes(runs[1], runs[0], Change::Same, Some(same[0].seq), 9).await.unwrap();
    assert_eq!(rest, same[1..]);
}

pub async fn throughput_is_counted_in_slices_of_time<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 3).await;
    w.finish(&w.lease().await).await;
    let slices = async |from, width, limit| {
        let width = Duration::from_millis(width);
        w.store.control().throughput(run, Timestamp(from), width, limit).await.unwrap()
    };
    // The suite's pages are all fetched at 77.
    let all = |number| [Slice { number, fetched: 3, failed: 0, bytes: 300 }];
    assert_eq!(slices(0, 10, 9).await, all(7));
    assert_eq!(slices(76, 1, 9).await, all(1));
    assert_eq!(slices(1_000, 10, 9).await, all(0));
    assert_eq!(slices(0, 10, 0).await, []);
}
