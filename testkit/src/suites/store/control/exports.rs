use super::super::world::{World, job};
use shared::ids::{ExportId, RunId, TenantId};
use shared::job::Format;
use shared::ports::store::control::{
    Begun, ExportEnd, ExportFilter, ExportInfo, ExportState, NewExport, RequestKey, TakenExport, Written,
};
use shared::ports::store::{Audit, PageSelection};
use shared::ports::{Store, StoreError};
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);

/// A run with some pages, and a file of it that is asked for.
async fn asked<S: Store + Audit>(w: &World<S>) -> ExportInfo {
    let run = w.running(job(), 3).await;
    w.finish(&w.lease().await).await;
    create(w, run).await
}

async fn create<S: Store + Audit>(w: &World<S>, run: RunId) -> ExportInfo {
    let new = NewExport { run, format: Format::Csv, filter: ExportFilter::default(), once: None };
    w.store.control().create_export(new).await.unwrap()
}

async fn take<S: Store + Audit>(w: &World<S>) -> Option<TakenExport> {
    w.store.control().take_export(LEASE).await.unwrap()
}

fn ready() -> ExportEnd {
    ExportEnd::Ready { object: "runs/1/export-1.csv".into(), written: Written { rows: 3, bytes: 99 } }
}

pub async fn a_file_is_written_by_one_and_then_ready<S: Store + Audit>(w: World<S>) {
    let (control, made) = (w.store.control(), asked(&w).await);
    assert_eq!((made.state, made.filter.version, made.tries), (ExportState::Queued, Some(0), 0));
    let pages = w.store.pages(PageSelection::of(made.run)).await.unwrap();
    assert_eq!(Some(made.until), pages.last().map(|page| page.seq), "its last page is in it");
    let (one, two) = tokio::join!(take(&w), take(&w));
    let ((Some(taken), None) | (None, Some(taken))) = (one, two) else { panic!("one of them has it") };
    assert_eq!((taken.info.id, taken.info.state, taken.info.tries), (made.id, ExportState::Writing, 1));
    let half = Written { rows: 1, bytes: 30 };
    w.clock.advance(LEASE / 2);
    assert!(control.renew_export(&taken, half, LEASE).await.unwrap());
    w.clock.advance(LEASE / 2);
    assert!(take(&w).await.is_none());
    assert_eq!(control.export(made.run, made.id).await.unwrap().written, half);
    assert!(control.end_export(&taken, ready()).await.unwrap());
    assert!(!control.end_export(&taken, ready()).await.unwrap());
    let end = control.export(made.run, made.id).await.unwrap();
    assert_eq!(
        (end.state, end.written.rows, end.object.as_deref()),
        (ExportState::Ready, 3, Some("runs/1/export-1.csv"))
    );
    assert!(end.ended_at.is_some() && end.reason.is_none());
    w.clock.advance(LEASE * 9);
    assert!(take(&w).await.is_none());
}

pub async fn a_file_whose_writer_died_is_written_by_another<S: Store + Audit>(w: World<S>) {
    let (control, made) = (w.store.control(), asked(&w).await);
    let first = take(&w).await.unwrap();
    w.clock.advance(LEASE);
    let second = take(&w).await.unwrap();
    assert_eq!((second.info.id, second.info.tries, second.info.until), (made.id, 2, made.until));
    // The first one was only slow: what it says counts no more.
    let written = Written { rows: 9, bytes: 9 };
    assert!(!control.renew_export(&first, written, LEASE).await.unwrap());
    assert!(!control.end_export(&first, ExportEnd::Failed { reason: "x".into() }).await.unwrap());
    let again = ExportEnd::Again { reason: "full".into(), pause: LEASE };
    assert!(control.end_export(&second, again).await.unwrap());
    assert!(take(&w).await.is_none());
    let waits = control.export(made.run, made.id).await.unwrap();
    assert_eq!((waits.state, waits.reason.as_deref()), (ExportState::Queued, Some("full")));
    w.clock.advance(LEASE);
    let third = take(&w).await.unwrap();
    assert!(control.end_export(&third, ExportEnd::Failed { reason: "gone".into() }).await.unwrap());
    let end = control.export(made.run, made.id).await.unwrap();
    assert_eq!((end.state, end.reason.as_deref(), end.object), (ExportState::Failed, Some("gone"), None));
}

pub async fn files_are_listed_deleted_and_asked_for_once<S: Store + Audit>(w: World<S>) {
    let (control, first) = (w.store.control(), asked(&w).await);
    let run = first.run;
    let once = RequestKey { tenant: TenantId::FIRST, key: "k".into() };
    let filter = ExportFilter { version: Some(0), url_prefix: Some("https://a.example/x".into()) };
    let mut made = Vec::new();
    for _ in 0..2 {
        let begun = control.begin_request(once.tenant, "k", [1; 32], LEASE).await.unwrap();
        assert_eq!(begun, Begun::Fresh);
        let new =
            NewExport { run, format: Format::Parquet, filter: filter.clone(), once: Some(once.clone()) };
        made.push(control.create_export(new).await.unwrap());
    }
    assert_eq!((&made[0], &made[0].filter), (&made[1], &filter));
    let ids = |all: Vec<ExportInfo>| all.into_iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(control.exports(run, None, 9).await.unwrap()), [made[0].id, first.id]);
    assert_eq!(ids(control.exports(run, Some(made[0].id), 9).await.unwrap()), [first.id]);
    let taken = take(&w).await.unwrap();
    assert_eq!(taken.info.id, first.id, "the oldest one");
    assert_eq!(control.delete_export(run, first.id).await.unwrap().id, first.id);
    assert!(!control.end_export(&taken, ready()).await.unwrap());
    for (run, id) in [(run, first.id), (RunId(99_999), made[0].id), (run, ExportId(99_999))] {
        assert!(matches!(control.export(run, id).await, Err(StoreError::NotFound(_))));
        assert!(matches!(control.delete_export(run, id).await, Err(StoreError::NotFound(_))));
    }
    let of = |run, version| NewExport {
        run,
        format: Format::Jsonl,
        filter: ExportFilter { version, url_prefix: None },
        once: None,
    };
    for new in [of(RunId(99_999), None), of(run, Some(7))] {
        assert!(matches!(control.create_export(new).await, Err(StoreError::NotFound(_))));
    }
}
