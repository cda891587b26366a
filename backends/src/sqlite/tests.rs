//! What goes wrong in mid-transaction: no room, a caller who goes away.

use super::SqliteStore;
use shared::clock::SystemClock;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{HostId, RunId, UrlId};
use shared::job::Job;
use shared::outcome::Kind;
use shared::ports::StoreError;
use shared::ports::store::{Audit, Frontier, NewRun, Runs};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

const RULES: AdmitRules = AdmitRules { urls: u64::MAX, urls_per_host: u64::MAX, robots: false };

async fn store() -> (SqliteStore, RunId, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("harvest.db"), Arc::new(SystemClock)).await.unwrap();
    let job = Arc::new(Job::of_seeds(["https://a.example"]));
    let new = NewRun::of(job);
    let run = store.create_run(new).await.unwrap();
    (store, run, folder)
}

fn urls(run: RunId, from: usize, to: usize) -> Vec<Admission> {
    let url = |n: usize| {
        let url = format!("https://a.example/{n}");
        Admission {
            url_id: UrlId::of(run, &url),
            url,
            host: HostId::of("https://a.example"),
            origin: "https://a.example".into(),
            kind: Kind::Page,
            depth: 0,
            hops: 0,
            prio: 5,
            asked_url: None,
        }
    };
    (from..to).map(url).collect()
}

async fn cap_pages(store: &SqliteStore, more: i64) {
    let mut tx = store.begin().await.unwrap();
    let row = tx.all(sqlx::query("PRAGMA page_count")).await.unwrap();
    let pages: i64 = super::codes::get(&row[0], 0).unwrap();
    let cap = format!("PRAGMA max_page_count = {}", pages + more);
    tx.all(sqlx::query(sqlx::AssertSqlSafe(cap))).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_said_and_harms_nothing() {
    let (store, run, _folder) = store().await;
    cap_pages(&store, 10).await;
    let error = store.admit(run, RULES, urls(run, 0, 10_000)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Full(_)), "{error}");
    assert!(error.to_string().contains("make room"));
    assert_eq!(store.audit(run).await.unwrap(), Vec::<String>::new());
    cap_pages(&store, 100_000).await;
    assert_eq!(store.admit(run, RULES, urls(run, 0, 10_000)).await.unwrap(), 10_000);
    assert_eq!(store.audit(run).await.unwrap(), Vec::<String>::new());
}

/// Polls a future so many times, and drops it if it is not ready then.
async fn poll_times<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_nothing_half_done() {
    let (store, run, _folder) = store().await;
    let mut whole = 0;
    for times in 0..60 {
        let from = times * 300;
        let admitted = poll_times(times, store.admit(run, RULES, urls(run, from, from + 300))).await;
        assert!(admitted.as_ref().is_none_or(|n| matches!(n, Ok(300))));
        whole += usize::from(admitted.is_some());
        assert_eq!(store.audit(run).await.unwrap(), Vec::<String>::new(), "dropped after {times} polls");
        let admitted = store.summary(run).await.unwrap().counts.admitted;
        assert_eq!((admitted - 1) % 300, 0, "dropped after {times} polls");
    }
    assert!(whole > 0 && whole < 60, "{whole}");
}
