//! Leases that nobody claimed, reported or finished, and retries whose time has come.

use crate::postgres::codes::{get, number};
use crate::postgres::error::{Result, again};
use crate::postgres::lease::Locked;
use crate::postgres::tx::now;
use crate::postgres::{PostgresStore, host, lease, ledger};
use crate::store::codes::OFFERED;
use crate::store::lease::Held;
use crate::store::offer::pause_of;
use shared::ids::{HostId, RunId};
use shared::ports::store::{SweepPolicy, Swept};

/// Leases ended in one turn.
const LEASES: usize = 256;

/// Lapses offers, expires granted leases.
pub(super) async fn leases(store: &PostgresStore, swept: &mut Swept) -> Result<()> {
    let query = sqlx::query(concat!(
        "SELECT lease_id, run_id, host_id FROM leases WHERE state < 2 AND expires_at <= ",
        now!(),
        " ORDER BY expires_at LIMIT 256"
    ));
    let rows = store.all(query.bind(store.given_time())).await?;
    swept.more |= rows.len() == LEASES;
    for (run, leases) in lease::by_run(&rows)? {
        let (lapsed, expired) = again(|| end(store, run, &leases)).await?;
        swept.lapsed += lapsed;
        swept.expired += expired;
    }
    Ok(())
}

/// Ends those leases of a run whose time is over; returns how many offers and how many granted ones.
async fn end(store: &PostgresStore, run: RunId, leases: &[Held]) -> Result<(u64, u64)> {
    let job = store.job(run).await?;
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let mut locked = lease::lock(&mut tx, leases).await?;
    locked.retain(|lease| lease.state < 2 && lease.expires_at <= tx.now.0);
    let (offered, granted): (Vec<&Locked>, Vec<&Locked>) =
        locked.iter().partition(|lease| lease.state == OFFERED);
    // Their workers may have asked just before they died.
    let pauses = granted.iter().map(|lease| (lease.held.host, pause_of(&job, lease.delay_ms)));
    host::pause(&mut tx, pauses).await?;
    let held = |leases: Vec<&Locked>| leases.iter().map(|lease| lease.held).collect::<Vec<Held>>();
    let (offered, granted) = (held(offered), held(granted));
    lease::put_back(&mut tx, &mut books, &offered).await?;
    lease::charge(&mut tx, &mut books, &granted).await?;
    let (lapsed, expired): (u64, u64) = (offered.len() as u64, granted.len() as u64);
    let all: Vec<Held> = offered.into_iter().chain(granted).collect();
    lease::end(&mut tx, books, &all).await?;
    tx.commit().await?;
    Ok((lapsed, expired))
}

/// Puts retries that are due back into the queue.
pub(super) async fn retries(store: &PostgresStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let query = sqlx::query(concat!(
        "SELECT DISTINCT run_id FROM (SELECT run_id FROM queue WHERE lease_id = -1 AND due <= ",
        now!(),
        " ORDER BY due LIMIT $2) AS q ORDER BY run_id"
    ));
    let query = query.bind(store.given_time()).bind(i64::from(policy.chunk));
    for row in store.all(query).await? {
        let run = RunId(get(&row, 0)?);
        let n = again(|| retry(store, run, policy.chunk)).await?;
        swept.due += n;
        swept.more |= n >= u64::from(policy.chunk);
    }
    Ok(())
}

async fn retry(store: &PostgresStore, run: RunId, chunk: u32) -> Result<u64> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let query = sqlx::query(
        "WITH back AS (
           UPDATE queue SET lease_id = 0, due = NULL WHERE run_id = $1 AND ord = ANY(ARRAY(
             SELECT ord FROM queue WHERE lease_id = -1 AND due <= $2 AND run_id = $1 ORDER BY due LIMIT $3))
           RETURNING host_id)
         SELECT host_id, count(*) FROM back GROUP BY host_id",
    );
    let rows = tx.all(query.bind(run.0).bind(tx.now.0).bind(i64::from(chunk))).await?;
    let mut due = 0;
    for row in &rows {
        let n = number(row, 1)?;
        books.queued(HostId(get(row, 0)?), n);
        due += n.unsigned_abs();
    }
    ledger::close(books, &mut tx).await?;
    tx.commit().await?;
    Ok(due)
}

/// Ends handed leases whose segments are all applied. What is open in them was lost on the way, and
/// waits again, uncharged.
pub(super) async fn handed(store: &PostgresStore, swept: &mut Swept) -> Result<()> {
    let query = sqlx::query(
        "SELECT l.lease_id, l.run_id, l.host_id FROM leases l WHERE l.state = 2
         AND NOT EXISTS (SELECT 1 FROM lease_segments ls JOIN segments s ON s.segment_no = ls.segment_no
                         WHERE ls.lease_id = l.lease_id AND s.state = 0)
         LIMIT 256",
    );
    let rows = store.all(query).await?;
    swept.more |= rows.len() == LEASES;
    for (run, leases) in lease::by_run(&rows)? {
        again(|| finish(store, run, &leases)).await?;
    }
    Ok(())
}

async fn finish(store: &PostgresStore, run: RunId, leases: &[Held]) -> Result<()> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let leases: Vec<Held> = lease::lock(&mut tx, leases).await?.iter().map(|lease| lease.held).collect();
    lease::put_back(&mut tx, &mut books, &leases).await?;
    lease::end(&mut tx, books, &leases).await?;
    tx.commit().await
}
