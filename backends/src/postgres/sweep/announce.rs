//! Segments that were reported, and not applied for a while: their messages may be lost.

use crate::postgres::PostgresStore;
use crate::postgres::codes::{count, get};
use crate::postgres::error::{Result, again};
use crate::postgres::tx::now;
use crate::store::codes::ms;
use shared::ids::{RunId, SegmentId};
use shared::messages::{SegmentRef, SegmentStored};
use shared::ports::store::{SweepPolicy, Swept};
use sqlx::postgres::PgRow;

/// Names segments to announce again, and notes when that was.
pub(super) async fn segments(store: &PostgresStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    again(|| forget(store, policy)).await?;
    let announce = again(|| take(store, policy)).await?;
    swept.more |= announce.len() as u64 >= u64::from(policy.chunk);
    swept.announce = announce;
    Ok(())
}

/// Of a run that is over there is nothing to apply.
async fn forget(store: &PostgresStore, policy: SweepPolicy) -> Result<()> {
    let query = sqlx::query(concat!(
        "UPDATE segments SET state = 1
         WHERE state = 0 AND announced_at <= ",
        now!(),
        " - $2 AND (SELECT state FROM runs r WHERE r.run_id = segments.run_id) >= 3"
    ));
    store.all(query.bind(store.given_time()).bind(ms(policy.announce_after))).await.map(drop)
}

async fn take(store: &PostgresStore, policy: SweepPolicy) -> Result<Vec<SegmentStored>> {
    let query = sqlx::query(concat!(
        "UPDATE segments SET announced_at = ",
        now!(),
        "
         WHERE segment_no = ANY(ARRAY(SELECT segment_no FROM segments
           WHERE state = 0 AND announced_at <= ",
        now!(),
        " - $2
           ORDER BY announced_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))
         RETURNING run_id, segment_id, object, \"offset\", len"
    ));
    let query = query.bind(store.given_time()).bind(ms(policy.announce_after)).bind(i64::from(policy.chunk));
    store.all(query).await?.iter().map(stored).collect()
}

fn stored(row: &PgRow) -> Result<SegmentStored> {
    Ok(SegmentStored {
        run: RunId(get(row, 0)?),
        at: SegmentRef {
            segment: SegmentId(get(row, 1)?),
            object: get(row, 2)?,
            offset: count(row, 3)?,
            len: count(row, 4)?,
        },
    })
}
