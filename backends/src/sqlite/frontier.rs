//! The port [`Frontier`], by name; the work is in the modules that it names.

use super::admit::admit;
use super::codes::get;
use super::error::Result as Outcome;
use super::{SqliteStore, grant, lease, ledger, offer, report, sweep};
use crate::store::codes::{PARKED, ms};
use crate::store::lease::HELD;
use async_trait::async_trait;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::RunId;
use shared::messages::{Claim, Grant, LeaseReport};
use shared::ports::StoreError;
use shared::ports::store::{Frontier, GrantPolicy, OfferPolicy, Offers, SweepPolicy, Swept};
use std::time::Duration;

#[async_trait]
impl Frontier for SqliteStore {
    async fn seeding(&self) -> Result<Vec<RunId>, StoreError> {
        Ok(seeding(self).await?)
    }

    async fn admit(&self, run: RunId, rules: AdmitRules, urls: Vec<Admission>) -> Result<u64, StoreError> {
        Ok(admit_all(self, run, rules, urls).await?)
    }

    async fn seeded(&self, run: RunId) -> Result<(), StoreError> {
        Ok(seeded(self, run).await?)
    }

    async fn offer(&self, policy: OfferPolicy) -> Result<Offers, StoreError> {
        Ok(offer::offer(self, policy).await?)
    }

    async fn grant(&self, claim: &Claim, policy: GrantPolicy) -> Result<Option<Grant>, StoreError> {
        Ok(grant::grant(self, claim, policy).await?)
    }

    async fn report(&self, report: &LeaseReport) -> Result<bool, StoreError> {
        Ok(report::report(self, report).await?)
    }

    async fn sweep(&self, policy: SweepPolicy) -> Result<Swept, StoreError> {
        Ok(sweep::sweep(self, policy).await?)
    }

    async fn lapse_all(&self, pause: Duration, unknown: Duration) -> Result<u64, StoreError> {
        Ok(lapse_all(self, pause, unknown).await?)
    }
}

async fn seeding(store: &SqliteStore) -> Outcome<Vec<RunId>> {
    let query = sqlx::query("SELECT run_id FROM runs WHERE state < 3 AND seeds_open <> 0 ORDER BY run_id");
    query.fetch_all(&store.readers).await?.iter().map(|row| Ok(RunId(get(row, 0)?))).collect()
}

async fn admit_all(store: &SqliteStore, run: RunId, rules: AdmitRules, urls: Vec<Admission>) -> Outcome<u64> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let admitted = admit(&mut tx, &mut books, rules, urls).await?;
    ledger::commit(books, tx).await?;
    Ok(admitted)
}

async fn seeded(store: &SqliteStore, run: RunId) -> Outcome<()> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let query = sqlx::query("DELETE FROM queue WHERE run_id = ? AND ord = 0 AND lease_id = ?");
    books.counts.closed += tx.execute(query.bind(run.0).bind(PARKED)).await?;
    let query = sqlx::query(
        "UPDATE runs SET seeds_open = 0, state = max(state, 1) WHERE run_id = ? AND seeds_open <> 0",
    );
    tx.execute(query.bind(run.0)).await?;
    books.seeds_are_in();
    ledger::commit(books, tx).await.map(drop)
}

async fn lapse_all(store: &SqliteStore, pause: Duration, unknown: Duration) -> Outcome<u64> {
    let mut tx = store.begin().await?;
    let rows = tx.all(sqlx::query(HELD)).await?;
    for row in &rows {
        let held = lease::held(row)?;
        let asked_robots: bool = get(row, 3)?;
        lease::pause_host(&mut tx, held.host, ms(if asked_robots { unknown } else { pause })).await?;
        lease::put_back(&mut tx, held).await?;
    }
    tx.execute(sqlx::query("UPDATE segments SET announced_at = 0 WHERE state = 0")).await?;
    tx.commit().await?;
    Ok(rows.len() as u64)
}
