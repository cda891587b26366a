//! The port [`Results`].

use super::bulk::Bulk;
use super::codes::array;
use super::error::Result as Outcome;
use super::{SqliteStore, apply};
use async_trait::async_trait;
use shared::ids::{RunId, UrlId};
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

    async fn apply(&self, segment: ParsedSegment) -> Result<Applied, StoreError> {
        Ok(apply::apply(self, segment).await?)
    }
}

async fn known(store: &SqliteStore, run: RunId, ids: &[UrlId]) -> Outcome<Vec<UrlId>> {
    let mut reader = store.readers.acquire().await?;
    let rows = KNOWN.read(&mut reader, ids, |q| q, |q, id| q.bind(run.0).bind(id.0.to_vec())).await?;
    array(&rows)
}
