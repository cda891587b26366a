//! When there may be something to lease.

use super::codes::optional;
use super::error::{Result, corrupt};
use super::tx::Tx;
use shared::clock::Timestamp;

/// When something may be ready next. With all offers made, the first of them to lapse counts too.
pub(super) async fn next_due(tx: &mut Tx, is_full: bool) -> Result<Option<Timestamp>> {
    let query = sqlx::query(
        "SELECT least((SELECT min(h.ready_at) FROM runs r CROSS JOIN LATERAL (
                         SELECT min(ready_at) AS ready_at FROM run_hosts
                         WHERE run_id = r.run_id AND ready_at > $1) h WHERE r.state < 3 AND r.state = 1),
                      (SELECT min(due) FROM queue WHERE lease_id = -1)),
                (SELECT min(expires_at) FROM leases WHERE state = 0 AND state < 2)",
    );
    let row = tx.one(query.bind(tx.now.0)).await?.ok_or_else(|| corrupt("a query without an answer"))?;
    let (due, lapse) = (optional(&row, 0)?, optional(&row, 1)?);
    Ok(due.into_iter().chain(lapse.filter(|_| is_full)).min().map(Timestamp))
}
