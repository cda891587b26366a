//! The port [`Frontier`], by name; the work is in the modules that it names.

use super::admit::admit;
use super::codes::get;
use super::error::{Result as Outcome, again};
use super::{PostgresStore, grant, host, lease, ledger, offer, report, sweep};
use crate::store::codes::{PARKED, ms};
use crate::store::lease::HELD;
use async_trait::async_trait;
use shared::frontier::{Admission, AdmitRules};
use shared::ids::{LeaseId, RunId};
use shared::messages::{Claim, Grant, LeaseReport};
use shared::ports::StoreError;
use shared::ports::store::{Frontier, GrantPolicy, OfferPolicy, Offers, SweepPolicy, Swept};
use std::collections::HashMap;
use std::time::Duration;

#[async_trait]
impl Frontier for PostgresStore {
    async fn seeding(&self) -> Result<Vec<RunId>, StoreError> {
        Ok(again(|| seeding(self)).await?)
    }

    async fn admit(&self, run: RunId, rules: AdmitRules, urls: Vec<Admission>) -> Result<u64, StoreError> {
        Ok(again(|| admit_all(self, run, rules, urls.clone())).await?)
    }

    async fn seeded(&self, run: RunId) -> Result<(), StoreError> {
        Ok(again(|| seeded(self, run)).await?)
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

async fn seeding(store: &PostgresStore) -> Outcome<Vec<RunId>> {
    let query = sqlx::query("SELECT run_id FROM runs WHERE state < 3 AND seeds_open <> 0 ORDER BY run_id");
    store.all(query).await?.iter().map(|row| Ok(RunId(get(row, 0)?))).collect()
}

async fn admit_all(
    store: &PostgresStore,
    run: RunId,
    rules: AdmitRules,
    urls: Vec<Admission>,
) -> Outcome<u64> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let admitted = admit(&mut tx, &mut books, rules, urls).await?;
    ledger::close(books, &mut tx).await?;
    tx.commit().await?;
    Ok(admitted)
}

async fn seeded(store: &PostgresStore, run: RunId) -> Outcome<()> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let query = sqlx::query("DELETE FROM queue WHERE run_id = $1 AND ord = 0 AND lease_id = $2");
    books.counts.closed += tx.execute(query.bind(run.0).bind(PARKED)).await?;
    let query = sqlx::query(
        "UPDATE runs SET seeds_open = 0, state = greatest(state, 1) WHERE run_id = $1 AND seeds_open <> 0",
    );
    tx.execute(query.bind(run.0)).await?;
    books.seeds_are_in();
    ledger::close(books, &mut tx).await?;
    tx.commit().await
}

async fn lapse_all(store: &PostgresStore, pause: Duration, unknown: Duration) -> Outcome<u64> {
    let rows = store.all(sqlx::query(HELD)).await?;
    let mut pauses = HashMap::new();
    for row in &rows {
        let asked_robots: bool = get(row, 3)?;
        pauses.insert(lease::held(row)?.lease, ms(if asked_robots { unknown } else { pause }));
    }
    let mut lapsed = 0;
    for (run, leases) in lease::by_run(&rows)? {
        lapsed += again(|| lapse(store, run, &leases, &pauses)).await?;
    }
    store.all(sqlx::query("UPDATE segments SET announced_at = 0 WHERE state = 0")).await?;
    Ok(lapsed)
}

async fn lapse(
    store: &PostgresStore,
    run: RunId,
    leases: &[crate::store::lease::Held],
    pauses: &HashMap<LeaseId, i64>,
) -> Outcome<u64> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let locked = lease::lock(&mut tx, leases).await?;
    let leases: Vec<_> = locked.iter().filter(|lease| lease.state < 2).map(|lease| lease.held).collect();
    host::pause(&mut tx, leases.iter().map(|held| (held.host, pauses[&held.lease]))).await?;
    lease::put_back(&mut tx, &mut books, &leases).await?;
    let ended = lease::end(&mut tx, books, &leases).await?;
    tx.commit().await?;
    Ok(ended)
}
