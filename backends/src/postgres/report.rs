//! Taking the report of a lease.

use super::codes::{count, get, number, text};
use super::error::{Result, again};
use super::tx::Tx;
use super::{PostgresStore, ledger, pace};
use crate::store::codes::{GRANTED, int};
use shared::messages::{LeaseReport, SegmentRef};
use sqlx::postgres::PgRow;

const LOOK: &str = "SELECT l.state, l.worker,
           h.down_since IS NOT NULL OR EXISTS (SELECT 1 FROM down d WHERE d.host_id = h.host_id),
           EXISTS (SELECT 1 FROM robots b WHERE b.host_id = h.host_id AND b.access = 2 AND b.valid_until > $4),
           (SELECT count(*) FROM queue q
            WHERE q.run_id = l.run_id AND q.host_id = l.host_id AND q.lease_id = l.lease_id)
    FROM leases l JOIN hosts h ON h.host_id = l.host_id
    WHERE l.lease_id = $1 AND l.run_id = $2 AND l.host_id = $3";

/// Frees the lane: whoever waits for the host looks again when its time has come. Rows that were put back
/// wait in the run's row.
const FREE: &str = "WITH w AS MATERIALIZED (
      SELECT run_id FROM run_hosts WHERE host_id = $1 AND ready_at IS NOT NULL OR run_id = $2 AND host_id = $1
      ORDER BY run_id FOR NO KEY UPDATE)
    UPDATE run_hosts r SET queued = r.queued + CASE WHEN r.run_id = $2 THEN $3 ELSE 0 END,
      ready_at = CASE WHEN r.ready_at IS NOT NULL OR r.run_id = $2 AND $3 > 0 AND r.held = 0
                      THEN greatest($4, (SELECT next_at FROM hosts WHERE host_id = $1)) END
    FROM w WHERE r.run_id = w.run_id AND r.host_id = $1";

pub(super) async fn report(store: &PostgresStore, report: &LeaseReport) -> Result<bool> {
    again(|| once(store, report)).await
}

async fn once(store: &PostgresStore, report: &LeaseReport) -> Result<bool> {
    let mut tx = store.begin().await?;
    let query = sqlx::query(LOOK).bind(report.lease.0).bind(report.run.0).bind(report.host.0).bind(tx.now.0);
    let row = tx.one(query).await?;
    let Some(row) = row.filter(|row| is_live(row, report)) else {
        tx.undo().await?;
        return Ok(false);
    };
    let (marked_down, denied, open) = (get(&row, 2)?, get(&row, 3)?, count(&row, 4)?);
    let back = put_back(&mut tx, report).await?;
    let is_gone = open <= back;
    if !is_gone {
        note_segments(&mut tx, report).await?;
    }
    pace::note(&mut tx, report, marked_down, denied).await?;
    let query = sqlx::query(FREE).bind(report.host.0).bind(report.run.0).bind(int(back)).bind(tx.now.0);
    tx.execute(query).await?;
    // Last, and only if the lease is still this worker's.
    let query = sqlx::query(if is_gone {
        "DELETE FROM leases WHERE lease_id = $1 AND state = 1 AND worker = $2"
    } else {
        "UPDATE leases SET state = 2 WHERE lease_id = $1 AND state = 1 AND worker = $2"
    });
    if tx.execute(query.bind(report.lease.0).bind(report.worker.0.clone())).await? == 0 {
        tx.undo().await?;
        return Ok(false);
    }
    shared::crash::point("store.in_report");
    tx.commit().await?;
    Ok(true)
}

/// Whether the lease is granted, to the worker that reports.
fn is_live(row: &PgRow, report: &LeaseReport) -> bool {
    let is_granted = number(row, 0).is_ok_and(|state| state == GRANTED);
    is_granted && get::<Option<&str>>(row, 1).is_ok_and(|worker| worker == Some(&report.worker.0))
}

/// Puts back what was not begun, uncharged; returns how many rows that is.
async fn put_back(tx: &mut Tx, report: &LeaseReport) -> Result<u64> {
    if report.not_begun.is_empty() {
        return Ok(0);
    }
    ledger::open(tx, report.run).await?;
    let query = sqlx::query(
        "UPDATE queue SET lease_id = 0
         WHERE run_id = $1 AND host_id = $2 AND lease_id = $3 AND url_id = ANY($4)",
    );
    let ids: Vec<_> = report.not_begun.iter().map(|id| super::codes::of_url_id(*id)).collect();
    tx.execute(query.bind(report.run.0).bind(report.host.0).bind(report.lease.0).bind(ids)).await
}

/// The segments that hold what is open of the lease; they may be applied already.
async fn note_segments(tx: &mut Tx, report: &LeaseReport) -> Result<()> {
    if report.segments.is_empty() {
        return Ok(());
    }
    let mut segments: Vec<&SegmentRef> = report.segments.iter().collect();
    // In order, because other leases have visits in the same segments.
    segments.sort_unstable_by_key(|at| at.segment);
    let (mut ids, mut objects, mut offsets, mut lens) = (vec![], vec![], vec![], vec![]);
    for at in segments {
        ids.push(at.segment.0);
        objects.push(text(at.object.clone()));
        offsets.push(int(at.offset));
        lens.push(int(at.len));
    }
    let query = sqlx::query(
        "INSERT INTO segments (run_id, segment_id, object, \"offset\", len, state, announced_at)
         SELECT $1, u.segment_id, u.object, u.start, u.len, 0, $6
         FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[]) AS u (segment_id, object, start, len)
         ORDER BY u.segment_id ON CONFLICT (run_id, segment_id) DO NOTHING",
    );
    let query = query.bind(report.run.0).bind(ids.clone()).bind(objects).bind(offsets).bind(lens);
    tx.execute(query.bind(tx.now.0)).await?;
    let query = sqlx::query(
        "INSERT INTO lease_segments (lease_id, segment_no)
         SELECT $1, segment_no FROM segments WHERE run_id = $2 AND segment_id = ANY($3) ON CONFLICT DO NOTHING",
    );
    tx.execute(query.bind(report.lease.0).bind(report.run.0).bind(ids)).await?;
    Ok(())
}
