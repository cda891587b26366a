//! What a report says of its host: its pace, robots.txt, cookies, and whether it is down.

use super::codes::text;
use super::error::Result;
use super::tx::Tx;
use crate::store::codes::{int, of_access};
use shared::ids::HostId;
use shared::messages::LeaseReport;
use shared::robots::{Access, RobotsAnswer};

/// Whether a host answers, as a report has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Down { denied: bool },
    Up,
    None,
}

/// Notes it. `marked_down`: something says so far that the host is down; `denied`: its valid
/// robots.txt answer is that there is none to be had.
pub(super) async fn note(tx: &mut Tx, report: &LeaseReport, marked_down: bool, denied: bool) -> Result<()> {
    let denied = report.robots.as_ref().map_or(denied, |answer| answer.access == Access::Denied);
    let sign = if report.down || denied && report.robots.is_some() {
        Sign::Down { denied }
    } else if marked_down && !denied && (report.robots.is_some() || !report.segments.is_empty()) {
        // It answered. A lease that asked nothing, or knew that it must not, says nothing.
        Sign::Up
    } else {
        Sign::None
    };
    set_pace(tx, report, sign).await?;
    if let Some(answer) = &report.robots {
        store_robots(tx, report.host, answer).await?;
    }
    if let Some(jar) = &report.jar {
        let query = sqlx::query(
            "INSERT INTO jars (run_id, host_id, jar) VALUES ($1, $2, $3)
             ON CONFLICT (run_id, host_id) DO UPDATE SET jar = excluded.jar",
        );
        tx.execute(query.bind(report.run.0).bind(report.host.0).bind(text(jar.clone()))).await?;
    }
    match sign {
        Sign::Down { denied } => mark_down(tx, report, denied).await,
        Sign::Up => {
            tx.execute(sqlx::query("DELETE FROM down WHERE host_id = $1").bind(report.host.0)).await?;
            Ok(())
        }
        Sign::None => Ok(()),
    }
}

/// Sets the host's next time; with that the host is locked.
async fn set_pace(tx: &mut Tx, report: &LeaseReport, sign: Sign) -> Result<()> {
    let query = sqlx::query(
        "UPDATE hosts SET next_at = greatest(next_at, $2), delay_ms = $3, failures = $4,
           down_since = CASE WHEN $5 THEN coalesce(down_since, $7) WHEN $6 THEN NULL ELSE down_since END
         WHERE host_id = $1",
    );
    let next_at = tx.now.0.saturating_add(int(report.next_in_ms));
    let query = query.bind(report.host.0).bind(next_at).bind(int(report.delay_ms));
    let query = query.bind(i64::from(report.failures)).bind(report.down).bind(sign == Sign::Up);
    tx.execute(query.bind(tx.now.0)).await?;
    Ok(())
}

/// Since when the host does not answer, or its robots.txt does not.
async fn mark_down(tx: &mut Tx, report: &LeaseReport, denied: bool) -> Result<()> {
    let query = sqlx::query(
        "INSERT INTO down AS d (host_id, run_id, since, reason)
         SELECT h.host_id, $2, coalesce(h.down_since, r.denied_since, $3), $4
         FROM hosts h LEFT JOIN robots r ON r.host_id = h.host_id WHERE h.host_id = $1
         ON CONFLICT (host_id, run_id) DO UPDATE SET since = least(d.since, excluded.since),
           reason = excluded.reason",
    );
    let query = query.bind(report.host.0).bind(report.run.0).bind(tx.now.0).bind(i16::from(denied));
    tx.execute(query).await?;
    Ok(())
}

/// Stores an answer, unless a later one is known.
async fn store_robots(tx: &mut Tx, host: HostId, answer: &RobotsAnswer) -> Result<()> {
    let is_denied = answer.access == Access::Denied;
    let query = sqlx::query(
        "INSERT INTO robots AS r (host_id, access, paced, fetched_at, valid_ms, valid_until, text, denied_since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (host_id) DO UPDATE SET access = excluded.access, paced = excluded.paced,
           fetched_at = excluded.fetched_at, valid_ms = excluded.valid_ms, valid_until = excluded.valid_until,
           text = excluded.text,
           denied_since = CASE WHEN excluded.denied_since IS NOT NULL
                               THEN coalesce(r.denied_since, excluded.denied_since) END
         WHERE excluded.fetched_at >= r.fetched_at",
    );
    let query = query
        .bind(host.0)
        .bind(of_access(answer.access))
        // Whoever it is for: with any delay in it, one lane is enough.
        .bind(i16::from(answer.text.to_ascii_lowercase().contains("crawl-delay")))
        .bind(answer.fetched_at.0)
        .bind(int(answer.valid_ms))
        .bind(tx.now.0.saturating_add(int(answer.valid_ms)))
        .bind(text(answer.text.clone()))
        .bind(is_denied.then_some(tx.now.0));
    tx.execute(query).await?;
    Ok(())
}
