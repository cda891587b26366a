//! Taking the report of a lease.

use super::apply::bind_segment;
use super::bulk::Bulk;
use super::codes::{count, get};
use super::error::Result;
use super::writer::{Lasts, Query, Tx};
use super::{SqliteStore, lease, pace};
use crate::store::codes::{GRANTED, int};
use shared::clock::Timestamp;
use shared::messages::{LeaseReport, SegmentRef};

const LOOK: &str = "BEGIN IMMEDIATE;
    SELECT l.state, l.worker, h.down_since IS NOT NULL OR EXISTS (SELECT 1 FROM down d WHERE d.host_id = h.host_id),
           EXISTS (SELECT 1 FROM robots b WHERE b.host_id = h.host_id AND b.access = 2 AND b.valid_until > ?),
           (SELECT count(*) FROM queue q
            WHERE q.run_id = l.run_id AND q.host_id = l.host_id AND q.lease_id = l.lease_id)
    FROM leases l JOIN hosts h ON h.host_id = l.host_id WHERE l.lease_id = ? AND l.run_id = ? AND l.host_id = ?";

/// Sets the host's next time, ends the lease in some way, and frees its lane.
macro_rules! last {
    ($end:literal) => {
        concat!(
            "UPDATE hosts SET next_at = max(next_at, ?), delay_ms = ?, failures = ? WHERE host_id = ?; ",
            $end,
            " WHERE lease_id = ?;
             UPDATE run_hosts
             SET ready_at = max(?, (SELECT next_at FROM hosts WHERE host_id = run_hosts.host_id))
             WHERE host_id = ? AND ready_at IS NOT NULL;
             COMMIT"
        )
    };
}

static NOT_BEGUN: Bulk = Bulk::new(
    "UPDATE queue SET lease_id = 0 WHERE run_id = ? AND host_id = ? AND lease_id = +? AND url_id IN ({})",
    1,
);

static SEGMENTS: Bulk = Bulk::new(
    "INSERT INTO segments (run_id, segment_id, object, offset, len, state, announced_at)
     SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL ON CONFLICT (run_id, segment_id) DO NOTHING",
    7,
);

static LEASE_SEGMENTS: Bulk = Bulk::new(
    "INSERT INTO lease_segments (lease_id, segment_no)
     SELECT v.column1, s.segment_no FROM (VALUES {}) v
     JOIN segments s ON s.run_id = v.column2 AND s.segment_id = v.column3 WHERE true ON CONFLICT DO NOTHING",
    3,
);

pub(super) async fn report(store: &SqliteStore, report: &LeaseReport) -> Result<bool> {
    let (run, host, id) = (report.run.0, report.host.0, report.lease.0);
    let first = |now: Timestamp| sqlx::query(LOOK).bind(now.0).bind(id).bind(run).bind(host);
    let (mut tx, rows) = store.begin_with(lasts(store, report).await?, first).await?;
    let Some(row) = rows.first().filter(|row| is_live(row, report)) else {
        tx.commit().await?;
        return Ok(false);
    };
    let (marked_down, denied, mut open) = (get(row, 2)?, get(row, 3)?, count(row, 4)?);
    if !report.not_begun.is_empty() {
        let first = |q: Query| q.bind(run).bind(host).bind(id);
        let back = NOT_BEGUN.run(&mut tx, &report.not_begun, first, |q, id| q.bind(id.0.to_vec())).await?;
        lease::requeued(&mut tx, report.run, report.host, back).await?;
        open = open.saturating_sub(back);
    }
    pace::note(&mut tx, report, marked_down, denied).await?;
    let is_gone = open == 0;
    if !is_gone {
        note_segments(&mut tx, report).await?;
    }
    let now = tx.now.0;
    let query =
        sqlx::query(if is_gone { last!("DELETE FROM leases") } else { last!("UPDATE leases SET state = 2") });
    let query = query.bind(now.saturating_add(int(report.next_in_ms))).bind(int(report.delay_ms));
    let query = query.bind(i64::from(report.failures)).bind(host);
    let query = query.bind(id).bind(now).bind(host);
    tx.commit_with(query).await?;
    Ok(true)
}

/// Where nothing of the lease is open any more, a loss of power may undo its report: the lease lapses,
/// and nothing is fetched again. It never gets open URLs again, so this can be asked before.
async fn lasts(store: &SqliteStore, report: &LeaseReport) -> Result<Lasts> {
    let query = sqlx::query("SELECT 1 FROM queue WHERE run_id = ? AND host_id = ? AND lease_id = +? LIMIT 1");
    let query = query.bind(report.run.0).bind(report.host.0).bind(report.lease.0);
    let open = query.fetch_optional(&store.readers).await?;
    Ok(if open.is_some() { Lasts::PowerLoss } else { Lasts::Process })
}

/// Whether the lease is granted, to the worker that reports.
fn is_live(row: &sqlx::sqlite::SqliteRow, report: &LeaseReport) -> bool {
    let is_granted = get::<i64>(row, 0).is_ok_and(|state| state == GRANTED);
    is_granted && get::<Option<&str>>(row, 1).is_ok_and(|worker| worker == Some(&report.worker.0))
}

/// The segments that hold what is open of the lease; they may be applied already.
async fn note_segments(tx: &mut Tx<'_>, report: &LeaseReport) -> Result<()> {
    let (run, now) = (report.run.0, tx.now.0);
    let bind = |q: Query, at: &SegmentRef| bind_segment(q.bind(run), at).bind(0).bind(now);
    SEGMENTS.run(tx, &report.segments, |q| q, bind).await?;
    let bind =
        |q: Query, at: &SegmentRef| q.bind(report.lease.0).bind(run).bind(at.segment.0.as_bytes().to_vec());
    LEASE_SEGMENTS.run(tx, &report.segments, |q| q, bind).await?;
    Ok(())
}
