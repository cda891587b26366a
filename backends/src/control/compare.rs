//! Two runs side by side.

use super::engine::{Engine, Row, sql};
use super::{Books, first, int};
use async_trait::async_trait;
use shared::ids::{JobId, RunId, TenantId};
use shared::ports::StoreError;
use shared::ports::store::control::{Change, ChangedPage, Compare, Comparison};

/// Each fetched page of `$1`, with the page of `$2` that has its URL, if any.
macro_rules! pairs {
    () => {
        "FROM pages p LEFT JOIN (SELECT url, digest FROM pages WHERE run_id = $2 AND outcome = 0 AND kind = 3) q
           ON q.url = p.url
         WHERE p.run_id = $1 AND p.outcome = 0 AND p.kind = 3"
    };
}

#[async_trait]
impl<E: Engine> Compare for Books<E> {
    async fn run_before(
        &self,
        tenant: TenantId,
        job: JobId,
        run: RunId,
    ) -> Result<Option<RunId>, StoreError> {
        let query = sql("SELECT max(run_id) FROM runs
             WHERE tenant_id = $1 AND job_id = $2 AND run_id < $3 AND state >= 3");
        let query = query.int(tenant.0).int(job.0).int(run.0);
        Ok(first(&self.0.read(query).await?, |row| row.int_or_null(0))?.flatten().map(RunId))
    }

    async fn compare(&self, run: RunId, base: RunId) -> Result<Comparison, StoreError> {
        let forth = sql(concat!(
            "SELECT count(CASE WHEN q.url IS NULL THEN 1 END),
                    count(CASE WHEN q.url IS NOT NULL AND (q.digest <> p.digest OR q.digest IS NULL OR p.digest IS NULL) THEN 1 END),
                    count(CASE WHEN q.digest = p.digest THEN 1 END) ",
            pairs!()
        ));
        let back = sql(concat!("SELECT count(CASE WHEN q.url IS NULL THEN 1 END) ", pairs!()));
        let forth = self.0.read(forth.int(run.0).int(base.0)).await?;
        let counts = first(&forth, |row| Ok((row.number(0)?, row.number(1)?, row.number(2)?)))?;
        let gone = first(&self.0.read(back.int(base.0).int(run.0)).await?, |row| row.number(0))?;
        let (new, changed, same) = counts.unwrap_or_default();
        Ok(Comparison { new, changed, same, gone: gone.unwrap_or(0) })
    }

    async fn changes(
        &self,
        run: RunId,
        base: RunId,
        change: Change,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ChangedPage>, StoreError> {
        let (of, beside) = if change == Change::Gone { (base, run) } else { (run, base) };
        let text = match change {
            Change::New | Change::Gone => concat!(
                "SELECT p.seq, p.url ",
                pairs!(),
                " AND q.url IS NULL AND p.seq > $3 ORDER BY p.seq LIMIT $4"
            ),
            Change::Changed => concat!(
                "SELECT p.seq, p.url ",
                pairs!(),
                " AND q.url IS NOT NULL AND (q.digest <> p.digest OR q.digest IS NULL OR p.digest IS NULL)
                  AND p.seq > $3 ORDER BY p.seq LIMIT $4"
            ),
            Change::Same => concat!(
                "SELECT p.seq, p.url ",
                pairs!(),
                " AND q.digest = p.digest AND p.seq > $3 ORDER BY p.seq LIMIT $4"
            ),
        };
        let query = sql(text).int(of.0).int(beside.0).int(after.map_or(-1, int)).int(i64::from(limit));
        let page = |row: &Row| Ok(ChangedPage { seq: row.number(0)?, url: row.text(1)? });
        self.0.read(query).await?.iter().map(page).collect()
    }
}
