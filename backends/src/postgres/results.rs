//! The port [`Results`].

use super::codes::{of_url_id, url_id};
use super::error::{Result as Outcome, again};
use super::{PostgresStore, apply};
use async_trait::async_trait;
use shared::ids::{RunId, SegmentId, UrlId};
use shared::ports::StoreError;
use shared::ports::store::{Applied, ParsedSegment, Results};

#[async_trait]
impl Results for PostgresStore {
    async fn known(&self, run: RunId, ids: &[UrlId]) -> Result<Vec<UrlId>, StoreError> {
        Ok(again(|| known(self, run, ids)).await?)
    }

    async fn is_applied(&self, run: RunId, segment: SegmentId) -> Result<bool, StoreError> {
        let look = || {
            let query =
                sqlx::query("SELECT 1 FROM segments WHERE run_id = $1 AND segment_id = $2 AND state = 1");
            self.one(query.bind(run.0).bind(segment.0))
        };
        Ok(again(look).await?.is_some())
    }

    async fn apply(&self, segment: ParsedSegment) -> Result<Applied, StoreError> {
        Ok(apply::apply(self, segment).await?)
    }
}

async fn known(store: &PostgresStore, run: RunId, ids: &[UrlId]) -> Outcome<Vec<UrlId>> {
    let ids: Vec<_> = ids.iter().map(|id| of_url_id(*id)).collect();
    let query = sqlx::query("SELECT url_id FROM seen WHERE run_id = $1 AND url_id = ANY($2)");
    store.all(query.bind(run.0).bind(ids)).await?.iter().map(|row| url_id(row, 0)).collect()
}
