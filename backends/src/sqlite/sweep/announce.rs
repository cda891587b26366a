//! Segments that were reported, and not applied for a while: their messages may be lost.

use crate::sqlite::SqliteStore;
use crate::sqlite::codes::{count, get};
use crate::sqlite::error::{Result, corrupt};
use crate::store::codes::ms;
use shared::ids::{RunId, SegmentId};
use shared::messages::{SegmentRef, SegmentStored};
use shared::ports::store::{SweepPolicy, Swept};
use sqlx::sqlite::SqliteRow;

/// Names segments to announce again, and notes when that was.
pub(super) async fn segments(store: &SqliteStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let before = store.clock.now().0.saturating_sub(ms(policy.announce_after));
    let due =
        sqlx::query("SELECT 1 FROM segments WHERE state = 0 AND announced_at <= ? LIMIT 1").bind(before);
    if due.fetch_optional(&store.readers).await?.is_none() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    // Of a run that is over there is nothing to apply.
    let query = sqlx::query(
        "UPDATE segments SET state = 1 WHERE state = 0 AND announced_at <= ?
           AND (SELECT state FROM runs r WHERE r.run_id = segments.run_id) >= 3",
    );
    tx.execute(query.bind(before)).await?;
    let query = sqlx::query(
        "UPDATE segments SET announced_at = ? WHERE segment_no IN (SELECT segment_no FROM segments
           WHERE state = 0 AND announced_at <= ? ORDER BY announced_at LIMIT +?)
         RETURNING run_id, segment_id, object, offset, len",
    );
    let rows = tx.all(query.bind(tx.now.0).bind(before).bind(i64::from(policy.chunk))).await?;
    swept.more |= rows.len() as u64 >= u64::from(policy.chunk);
    swept.announce = rows.iter().map(stored).collect::<Result<_>>()?;
    tx.commit().await
}

fn stored(row: &SqliteRow) -> Result<SegmentStored> {
    let id: [u8; 16] = get::<&[u8]>(row, 1)?.try_into().map_err(corrupt)?;
    Ok(SegmentStored {
        run: RunId(get(row, 0)?),
        at: SegmentRef {
            segment: SegmentId(uuid::Uuid::from_bytes(id)),
            object: get(row, 2)?,
            offset: count(row, 3)?,
            len: count(row, 4)?,
        },
    })
}
