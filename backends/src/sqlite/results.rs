//! The port [`Results`].

use super::bulk::Bulk;
use super::codes::array;
use super::error::Result as Outcome;
use super::{SqliteStore, apply};
use async_trait::async_trait;
use shared::ids::{RunId, SegmentId, UrlId};
use shared::ports::StoreError;
use shared::ports::store::{Applied, ParsedSegment, Results};

static KNOWN: Bulk = Bulk::new(
    "SELECT json_group_array(lower(hex(s.url_id)))
     FROM (VALUES {}) v CROSS JOIN seen s ON s.run_id = v.column1 AND s.url_id = v.column2",
    2,
);

#[async_trait]
impl Results for SqliteStore {
    async fn known(&self, run: RunId, ids: &[UrlId]) -> Result<Vec<UrlId>, StoreError> {
        Ok(known(self, run, ids).await?)
    }

    async fn is_applied(&self, run: RunId, segment: SegmentId) -> Result<bool, StoreError> {
        Ok(is_applied(self, run, segment).await?)
    }

    async fn apply(&self, segment: ParsedSegment) -> Result<Applied, StoreError> {
        Ok(apply::apply(self, segment).await?)
    }
}

async fn is_applied(store: &SqliteStore, run: RunId, segment: SegmentId) -> Outcome<bool> {
    let query = sqlx::query("SELECT 1 FROM segments WHERE run_id = ? AND segment_id = ? AND state = 1");
    let query = query.bind(run.0).bind(segment.0.as_bytes().to_vec());
    Ok(query.fetch_optional(&store.readers).await?.is_some())
}

async fn known(store: &SqliteStore, run: RunId, ids: &[UrlId]) -> Outcome<Vec<UrlId>> {
    let mut reader = store.readers.acquire().await?;
    let rows = KNOWN.read(&mut reader, ids, |q| q, |q, id| q.bind(run.0).bind(id.0.to_vec())).await?;
    array(&rows)
}
