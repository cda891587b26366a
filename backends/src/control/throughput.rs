//! How fast a run was.

use super::engine::{Engine, Row, sql};
use super::{Books, ms};
use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::control::{Slice, Throughput};
use std::time::Duration;

#[async_trait]
impl<E: Engine> Throughput for Books<E> {
    async fn throughput(
        &self,
        run: RunId,
        from: Timestamp,
        width: Duration,
        limit: u32,
    ) -> Result<Vec<Slice>, StoreError> {
        let query = sql("SELECT CASE WHEN fetched_at > $2 THEN (fetched_at - $2) / $3 ELSE 0 END,
                    count(CASE WHEN outcome = 0 THEN 1 END), count(CASE WHEN outcome = 2 THEN 1 END),
                    CAST(sum(bytes) AS BIGINT)
             FROM pages WHERE run_id = $1 AND kind = 3 AND outcome < 3 GROUP BY 1 ORDER BY 1 LIMIT $4");
        let query = query.int(run.0).int(from.0).int(ms(width).max(1)).int(i64::from(limit));
        let slice = |row: &Row| {
            Ok(Slice {
                number: row.number(0)?,
                fetched: row.number(1)?,
                failed: row.number(2)?,
                bytes: row.number(3)?,
            })
        };
        self.0.read(query).await?.iter().map(slice).collect()
    }
}
