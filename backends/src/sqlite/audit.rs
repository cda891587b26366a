//! Proving the books: every counter against the rows that it counts.

use super::SqliteStore;
use super::codes::get;
use super::error::{Result as Outcome, corrupt};
use async_trait::async_trait;
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::Audit;

#[async_trait]
impl Audit for SqliteStore {
    async fn audit(&self, run: RunId) -> Result<Vec<String>, StoreError> {
        Ok(audit(self, run).await?)
    }
}

/// What must be equal: a name, what the books say, what is true. `?1` is the run.
const EQUAL: [(&str, &str, &str); 12] = [
    (
        "open URLs",
        "SELECT admitted - closed FROM run_counts WHERE run_id = ?1",
        "SELECT count(*) FROM queue WHERE run_id = ?1",
    ),
    (
        "admitted",
        "SELECT admitted FROM run_counts WHERE run_id = ?1",
        "SELECT count(*) FROM seen WHERE run_id = ?1",
    ),
    (
        "pages",
        "SELECT pages FROM run_counts WHERE run_id = ?1",
        "SELECT count(*) FROM pages WHERE run_id = ?1 AND kind = 3 AND outcome = 0",
    ),
    (
        "bytes",
        "SELECT bytes FROM run_counts WHERE run_id = ?1",
        "SELECT coalesce(sum(bytes), 0) FROM pages WHERE run_id = ?1",
    ),
    (
        "records, valid and rejected",
        "SELECT records + rejected FROM run_counts WHERE run_id = ?1",
        "SELECT count(*) FROM records WHERE run_id = ?1",
    ),
    (
        "rejected records",
        "SELECT rejected FROM run_counts WHERE run_id = ?1",
        "SELECT coalesce(sum(n), 0) FROM tallies WHERE run_id = ?1 AND kind = 4",
    ),
    (
        "failed",
        "SELECT failed FROM run_counts WHERE run_id = ?1",
        "SELECT coalesce(sum(n), 0) FROM tallies WHERE run_id = ?1 AND kind = 1",
    ),
    (
        "cut",
        "SELECT cut FROM run_counts WHERE run_id = ?1",
        "SELECT coalesce(sum(n), 0) FROM tallies WHERE run_id = ?1 AND kind = 2",
    ),
    (
        "waiting rows",
        "SELECT coalesce(sum(queued), 0) FROM run_hosts WHERE run_id = ?1",
        "SELECT count(*) FROM queue WHERE run_id = ?1 AND lease_id = 0",
    ),
    (
        "the seeds row",
        "SELECT seeds_open FROM runs WHERE run_id = ?1",
        "SELECT count(*) FROM queue WHERE run_id = ?1 AND kind = 0",
    ),
    (
        "whether it is over",
        "SELECT state IN (3, 4) OR admitted <> closed FROM runs JOIN run_counts USING (run_id) WHERE run_id = ?1",
        "SELECT 1",
    ),
    (
        "an end for what is over",
        "SELECT state IN (3, 4) FROM runs WHERE run_id = ?1",
        "SELECT ended_at IS NOT NULL FROM runs WHERE run_id = ?1",
    ),
];

/// What must not be: a name, and a count of such rows.
const NONE: [(&str, &str); 6] = [
    (
        "hosts that count their waiting rows wrongly",
        "SELECT count(*) FROM run_hosts h WHERE run_id = ?1 AND queued <> (SELECT count(*) FROM queue q
           WHERE q.run_id = h.run_id AND q.host_id = h.host_id AND q.lease_id = 0)",
    ),
    (
        "hosts that are ready without rows, or have rows and are never ready",
        "SELECT count(*) FROM run_hosts WHERE run_id = ?1 AND held = 0 AND (queued > 0) <> (ready_at IS NOT NULL)",
    ),
    (
        "rows under leases that are gone",
        "SELECT count(*) FROM queue q WHERE run_id = ?1 AND lease_id > 0 AND NOT EXISTS (SELECT 1 FROM leases l
           WHERE l.lease_id = q.lease_id AND l.run_id = q.run_id AND l.host_id = q.host_id)",
    ),
    (
        "URLs closed twice, or open and closed",
        "SELECT (SELECT count(*) - count(DISTINCT url_id) FROM pages WHERE run_id = ?1)
              + (SELECT count(*) FROM pages p JOIN queue q ON q.run_id = p.run_id AND q.url_id = p.url_id
                 WHERE p.run_id = ?1)",
    ),
    (
        "retries without a time",
        "SELECT count(*) FROM queue WHERE run_id = ?1 AND (lease_id = -1) <> (due IS NOT NULL)",
    ),
    (
        "records without a page",
        "SELECT count(*) FROM records r WHERE run_id = ?1 AND NOT EXISTS (SELECT 1 FROM pages p
           WHERE p.run_id = r.run_id AND p.seq = r.seq)",
    ),
];

async fn audit(store: &SqliteStore, run: RunId) -> Outcome<Vec<String>> {
    // The writer's own connection, so that all is of one moment.
    let mut tx = store.begin().await?;
    let mut wrong = Vec::new();
    for (name, books, truth) in EQUAL {
        let (books, truth) = (number(&mut tx, books, run).await?, number(&mut tx, truth, run).await?);
        if books != truth {
            wrong.push(format!("{name}: the books of run {run} say {books}, and it is {truth}"));
        }
    }
    for (name, statement) in NONE {
        let n = number(&mut tx, statement, run).await?;
        if n != 0 {
            wrong.push(format!("{name}: run {run} has {n}"));
        }
    }
    tx.commit().await?;
    Ok(wrong)
}

async fn number(tx: &mut super::writer::Tx<'_>, statement: &'static str, run: RunId) -> Outcome<i64> {
    let row = tx.one(sqlx::query(statement).bind(run.0)).await?;
    get(&row.ok_or_else(|| corrupt(format!("there is no run {run}")))?, 0)
}
