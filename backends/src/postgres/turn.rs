//! The runs that may get leases.

use super::PostgresStore;
use super::codes::{count, get, number, optional};
use super::error::{Result, corrupt};
use super::tx::Tx;
use crate::store::turn::{Candidate, TRACED};
use shared::ids::{HostId, RunId};
use shared::trace::TraceContext;
use std::collections::VecDeque;

/// Runs that one call looks at, those whose turn comes first.
const RUNS: i64 = 256;

/// The number of offers that nobody has claimed yet, that of leases that are handed, and the running runs that
/// have a host to look at and are not stopped by pages, bytes or time, in the order of their turns.
pub(super) async fn candidates(
    store: &PostgresStore,
    tx: &mut Tx,
) -> Result<(u64, u64, Vec<Candidate<HostId>>)> {
    let query = sqlx::query(
        "SELECT o.n, o.handed, c.* FROM (
           SELECT (SELECT count(*) FROM leases WHERE state = 0 AND state < 2) AS n,
                  (SELECT count(*) FROM leases WHERE state = 2) AS handed) o LEFT JOIN (
           SELECT r.run_id, r.urgent, r.weight, l.n, r.page_limit, c.pages,
                  CASE WHEN r.page_limit IS NOT NULL THEN
                    (SELECT count(*) FROM leases l JOIN queue q ON q.run_id = l.run_id AND q.host_id = l.host_id
                       AND q.lease_id = l.lease_id WHERE l.run_id = r.run_id AND q.kind = 3) END,
                  CASE WHEN c.closed < $3 THEN r.trace END
           FROM runs r JOIN run_counts c ON c.run_id = r.run_id
           CROSS JOIN LATERAL (SELECT count(*) AS n FROM leases l WHERE l.run_id = r.run_id AND l.state < 2) l
           WHERE r.state < 3 AND r.state = 1
             AND (r.byte_limit IS NULL OR c.bytes < r.byte_limit) AND (r.deadline IS NULL OR r.deadline > $1)
             AND EXISTS (SELECT 1 FROM run_hosts h WHERE h.run_id = r.run_id AND h.ready_at <= $1)
           ORDER BY r.urgent DESC, l.n::double precision / greatest(r.weight, 1), r.run_id LIMIT $2) c ON true",
    );
    let rows = tx.all(query.bind(tx.now.0).bind(RUNS).bind(TRACED)).await?;
    let first = rows.first().ok_or_else(|| corrupt("a count without a row"))?;
    let (offered, handed) = (count(first, 0)?, count(first, 1)?);
    let rows: Vec<_> = rows.iter().filter(|row| matches!(optional(row, 2), Ok(Some(_)))).collect();
    let runs: Vec<RunId> = rows.iter().map(|row| Ok(RunId(get(row, 2)?))).collect::<Result<_>>()?;
    let jobs = store.jobs(tx, &runs).await?;
    let mut candidates = Vec::with_capacity(rows.len());
    for ((row, run), job) in rows.into_iter().zip(runs).zip(jobs) {
        candidates.push(Candidate {
            run,
            urgent: number(row, 3)? != 0,
            weight: count(row, 4)?.max(1),
            leases: count(row, 5)?,
            pages: match optional(row, 6)? {
                None => None,
                // Those that are fetched and those that are under way count.
                Some(limit) => {
                    let under_way = optional(row, 8)?.unwrap_or_default();
                    let left = limit.saturating_sub(number(row, 7)?).saturating_sub(under_way);
                    Some(u64::try_from(left).unwrap_or(0))
                }
            },
            job,
            trace: get::<Option<String>>(row, 9)?.map(|parent| TraceContext::of(&parent, None)),
            hosts: VecDeque::new(),
            more: true,
        });
    }
    Ok((offered, handed, candidates))
}
