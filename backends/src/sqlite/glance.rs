//! A look at what there is to lease, and at when there may be more.

use super::SqliteStore;
use super::codes::{count, get};
use super::error::{Result, corrupt};
use super::writer::Tx;
use crate::store::offer::room;
use shared::clock::Timestamp;
use shared::ports::store::{OfferPolicy, Offers};
use sqlx::sqlite::SqliteRow;

/// When something may be ready next, and when the first offer lapses. Parameter: now.
macro_rules! next_due {
    () => {
        "SELECT (SELECT min(at) FROM (
                   SELECT (SELECT min(ready_at) FROM run_hosts h
                           WHERE h.run_id = r.run_id AND h.ready_at > ?) AS at
                   FROM runs r WHERE r.state < 3 AND r.state = 1
                   UNION ALL SELECT min(due) FROM queue WHERE lease_id = -1)) AS due,
                (SELECT min(expires_at) FROM leases WHERE state = 0 AND state < 2) AS lapse"
    };
}

/// The answer to most calls, without a transaction: there is no room, or no host is ready.
pub(super) async fn nothing_to_do(store: &SqliteStore, policy: OfferPolicy) -> Result<Option<Offers>> {
    let now = store.clock.now();
    let query = sqlx::query(concat!(
        next_due!(),
        ", (SELECT count(*) FROM leases WHERE state = 0 AND state < 2),
           EXISTS (SELECT 1 FROM runs r JOIN run_hosts h ON h.run_id = r.run_id
                   WHERE r.state < 3 AND r.state = 1 AND h.ready_at <= ?),
           (SELECT count(*) FROM leases WHERE state = 2)"
    ));
    let row = query.bind(now.0).bind(now.0).fetch_one(&store.readers).await?;
    let is_full = room(policy, count(&row, 2)?, count(&row, 4)?) == 0;
    if get(&row, 3)? && !is_full {
        return Ok(None);
    }
    Ok(Some(Offers { next_due: due(&row, is_full)?, full: is_full, ..Offers::default() }))
}

/// Commits; says when something may be ready next.
pub(super) async fn commit(tx: Tx<'_>, is_full: bool) -> Result<Option<Timestamp>> {
    let query = sqlx::query(concat!(next_due!(), "; COMMIT")).bind(tx.now.0);
    let rows = tx.commit_with(query).await?;
    due(rows.first().ok_or_else(|| corrupt("a query without an answer"))?, is_full)
}

/// With all offers made, the first of them to lapse counts too.
fn due(row: &SqliteRow, is_full: bool) -> Result<Option<Timestamp>> {
    let (due, lapse): (Option<i64>, Option<i64>) = (get(row, 0)?, get(row, 1)?);
    Ok(due.into_iter().chain(lapse.filter(|_| is_full)).min().map(Timestamp))
}
