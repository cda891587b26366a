//! What a report says of its host: robots.txt, cookies, and whether it is down.

use super::error::Result;
use super::writer::Tx;
use crate::store::codes::{int, of_access};
use shared::ids::HostId;
use shared::messages::LeaseReport;
use shared::robots::{Access, RobotsAnswer};

/// Notes it. `marked_down`: something says so far that the host is down; `denied`: its valid
/// robots.txt answer is that there is none to be had.
pub(super) async fn note(
    tx: &mut Tx<'_>,
    report: &LeaseReport,
    marked_down: bool,
    denied: bool,
) -> Result<()> {
    if let Some(answer) = &report.robots {
        store_robots(tx, report.host, answer).await?;
    }
    if let Some(jar) = &report.jar {
        let query = sqlx::query(
            "INSERT INTO jars (run_id, host_id, jar) VALUES (?, ?, ?)
             ON CONFLICT (run_id, host_id) DO UPDATE SET jar = excluded.jar",
        );
        tx.execute(query.bind(report.run.0).bind(report.host.0).bind(jar.clone())).await?;
    }
    let denied = report.robots.as_ref().map_or(denied, |answer| answer.access == Access::Denied);
    if report.down || denied && report.robots.is_some() {
        mark_down(tx, report, denied).await
    } else if marked_down && !denied && (report.robots.is_some() || !report.segments.is_empty()) {
        // It answered. A lease that asked nothing, or knew that it must not, says nothing.
        mark_up(tx, report.host).await
    } else {
        Ok(())
    }
}

/// Since when the host does not answer, or its robots.txt does not.
async fn mark_down(tx: &mut Tx<'_>, report: &LeaseReport, denied: bool) -> Result<()> {
    let (host, now) = (report.host.0, tx.now.0);
    if report.down {
        let query = sqlx::query("UPDATE hosts SET down_since = coalesce(down_since, ?) WHERE host_id = ?");
        tx.execute(query.bind(now).bind(host)).await?;
    }
    let query = sqlx::query(
        "INSERT INTO down (host_id, run_id, since, reason)
         SELECT h.host_id, ?, coalesce(h.down_since, r.denied_since, ?), ?
         FROM hosts h LEFT JOIN robots r ON r.host_id = h.host_id WHERE h.host_id = ?
         ON CONFLICT (host_id, run_id) DO UPDATE SET since = min(since, excluded.since),
           reason = excluded.reason",
    );
    tx.execute(query.bind(report.run.0).bind(now).bind(denied).bind(host)).await?;
    Ok(())
}

async fn mark_up(tx: &mut Tx<'_>, host: HostId) -> Result<()> {
    let query = sqlx::query(
        "UPDATE hosts SET down_since = NULL WHERE host_id = ?; DELETE FROM down WHERE host_id = ?",
    );
    tx.execute(query.bind(host.0).bind(host.0)).await?;
    Ok(())
}

/// Stores an answer, unless a later one is known.
async fn store_robots(tx: &mut Tx<'_>, host: HostId, answer: &RobotsAnswer) -> Result<()> {
    let is_denied = answer.access == Access::Denied;
    let query = sqlx::query(
        "INSERT INTO robots (host_id, access, paced, fetched_at, valid_ms, valid_until, text, denied_since)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (host_id) DO UPDATE SET access = excluded.access, paced = excluded.paced,
           fetched_at = excluded.fetched_at, valid_ms = excluded.valid_ms, valid_until = excluded.valid_until,
           text = excluded.text,
           denied_since = CASE WHEN excluded.denied_since IS NOT NULL
                               THEN coalesce(denied_since, excluded.denied_since) END
         WHERE excluded.fetched_at >= fetched_at",
    );
    let query = query
        .bind(host.0)
        .bind(of_access(answer.access))
        // Whoever it is for: with any delay in it, one lane is enough.
        .bind(answer.text.to_ascii_lowercase().contains("crawl-delay"))
        .bind(answer.fetched_at.0)
        .bind(int(answer.valid_ms))
        .bind(tx.now.0.saturating_add(int(answer.valid_ms)))
        .bind(answer.text.clone())
        .bind(is_denied.then_some(tx.now.0));
    tx.execute(query).await?;
    Ok(())
}
