//! Taking the report of a lease.

use super::apply::bind_segment;
use super::bulk::Bulk;
use super::codes::{GRANTED, get, int};
use super::error::Result;
use super::grant::store_robots;
use super::writer::{Query, Tx};
use super::{SqliteStore, lease};
use shared::messages::{LeaseReport, SegmentRef};
use shared::robots::Access;

static NOT_BEGUN: Bulk = Bulk::new(
    "UPDATE queue SET lease_id = 0 WHERE run_id = ? AND host_id = ? AND lease_id = ? AND url_id IN ({})
     RETURNING 1",
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
    let mut tx = store.begin().await?;
    let (run, host) = (report.run.0, report.host.0);
    let query =
        sqlx::query("SELECT state, worker FROM leases WHERE lease_id = ? AND run_id = ? AND host_id = ?");
    let Some(row) = tx.one(query.bind(report.lease.0).bind(run).bind(host)).await? else {
        tx.commit().await?;
        return Ok(false);
    };
    let worker: Option<String> = get(&row, 1)?;
    if get::<i64>(&row, 0)? != GRANTED || worker.as_deref() != Some(&report.worker.0) {
        tx.commit().await?;
        return Ok(false);
    }
    let back = NOT_BEGUN
        .run(
            &mut tx,
            &report.not_begun,
            |q| q.bind(run).bind(host).bind(report.lease.0),
            |q, id| q.bind(id.0.to_vec()),
        )
        .await?;
    lease::requeued(&mut tx, report.run, report.host, back.len() as u64).await?;
    note_segments(&mut tx, report).await?;
    note_host(&mut tx, report).await?;
    let query = sqlx::query("UPDATE leases SET state = 2, expires_at = ? WHERE lease_id = ?");
    let now = tx.now.0;
    tx.execute(query.bind(now).bind(report.lease.0)).await?;
    lease::end_if_empty(&mut tx, vec![report.lease]).await?;
    lease::free(&mut tx, report.host).await?;
    tx.commit().await?;
    Ok(true)
}

/// The segments that hold the lease's visits; they may be applied already.
async fn note_segments(tx: &mut Tx<'_>, report: &LeaseReport) -> Result<()> {
    let (run, now) = (report.run.0, tx.now.0);
    let bind = |q: Query, at: &SegmentRef| bind_segment(q.bind(run), at).bind(0).bind(now);
    SEGMENTS.run(tx, &report.segments, |q| q, bind).await?;
    let bind =
        |q: Query, at: &SegmentRef| q.bind(report.lease.0).bind(run).bind(at.segment.0.as_bytes().to_vec());
    LEASE_SEGMENTS.run(tx, &report.segments, |q| q, bind).await?;
    Ok(())
}

/// The host's pace, robots.txt and cookies, and whether it is down.
async fn note_host(tx: &mut Tx<'_>, report: &LeaseReport) -> Result<()> {
    let host = report.host;
    let query = sqlx::query(
        "UPDATE hosts SET next_at = max(next_at, ?), delay_ms = ?, failures = ? WHERE host_id = ?",
    );
    let query = query
        .bind(tx.now.0.saturating_add(int(report.next_in_ms)))
        .bind(int(report.delay_ms))
        .bind(i64::from(report.failures));
    tx.execute(query.bind(host.0)).await?;
    if let Some(answer) = &report.robots {
        store_robots(tx, host, answer).await?;
    }
    if let Some(jar) = &report.jar {
        let query = sqlx::query(
            "INSERT INTO jars (run_id, host_id, jar) VALUES (?, ?, ?)
             ON CONFLICT (run_id, host_id) DO UPDATE SET jar = excluded.jar",
        );
        tx.execute(query.bind(report.run.0).bind(host.0).bind(jar.clone())).await?;
    }
    note_down(tx, report).await
}

/// Since when the host does not answer, or its robots.txt does not. A lease that asked nothing says
/// nothing about it.
async fn note_down(tx: &mut Tx<'_>, report: &LeaseReport) -> Result<()> {
    let host = report.host.0;
    let is_denied = match &report.robots {
        Some(answer) => answer.access == Access::Denied,
        None => still_denied(tx, host).await?,
    };
    if report.down {
        let query = sqlx::query("UPDATE hosts SET down_since = coalesce(down_since, ?) WHERE host_id = ?");
        tx.execute(query.bind(tx.now.0).bind(host)).await?;
    }
    if report.down || is_denied && report.robots.is_some() {
        let query = sqlx::query(
            "INSERT INTO down (host_id, run_id, since, reason)
             SELECT h.host_id, ?, coalesce(h.down_since, r.denied_since, ?), ?
             FROM hosts h LEFT JOIN robots r ON r.host_id = h.host_id WHERE h.host_id = ?
             ON CONFLICT (host_id, run_id) DO UPDATE SET since = min(since, excluded.since),
               reason = excluded.reason",
        );
        let query = query.bind(report.run.0).bind(tx.now.0).bind(is_denied).bind(host);
        tx.execute(query).await?;
    } else if !is_denied && (report.robots.is_some() || !report.segments.is_empty()) {
        let query =
            sqlx::query("UPDATE hosts SET down_since = NULL WHERE host_id = ? AND down_since IS NOT NULL");
        tx.execute(query.bind(host)).await?;
        tx.execute(sqlx::query("DELETE FROM down WHERE host_id = ?").bind(host)).await?;
    }
    Ok(())
}

async fn still_denied(tx: &mut Tx<'_>, host: i64) -> Result<bool> {
    let query = sqlx::query("SELECT 1 FROM robots WHERE host_id = ? AND access = 2 AND valid_until > ?");
    Ok(tx.one(query.bind(host).bind(tx.now.0)).await?.is_some())
}
