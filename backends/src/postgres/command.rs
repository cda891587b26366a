//! Pausing, resuming, cancelling.

use super::PostgresStore;
use super::codes::number;
use super::error::{Result, again};
use super::sweep::drop_cancelled;
use super::tx::Tx;
use super::{lease, ledger};
use crate::store::codes::of_run_state;
use crate::store::ledger::Ledger;
use shared::ids::RunId;
use shared::ports::store::{Command, RunState};

/// Rows of a cancelled run that one transaction closes.
const CHUNK: u32 = 20_000;

pub(super) async fn command(store: &PostgresStore, run: RunId, command: Command) -> Result<RunState> {
    let (state, next) = again(|| once(store, run, command)).await?;
    if next == RunState::Cancelled && next != state {
        while again(|| drop_cancelled(store, run, CHUNK)).await? == u64::from(CHUNK) {}
    }
    Ok(next)
}

/// The state before and after.
async fn once(store: &PostgresStore, run: RunId, command: Command) -> Result<(RunState, RunState)> {
    let mut tx = store.begin().await?;
    let books = ledger::open(&mut tx, run).await?;
    let state = books.state;
    let next = match (command, state) {
        (_, RunState::Done | RunState::Cancelled) => state,
        (Command::Cancel, _) => RunState::Cancelled,
        (Command::Pause, _) => RunState::Paused,
        (Command::Resume, RunState::Paused) if has_open_seeds(&mut tx, run).await? => RunState::Seeding,
        (Command::Resume, RunState::Paused) => RunState::Running,
        (Command::Resume, _) => state,
    };
    if next != state {
        let query = sqlx::query("UPDATE runs SET state = $2 WHERE run_id = $1");
        tx.execute(query.bind(run.0).bind(of_run_state(next))).await?;
        if next == RunState::Cancelled {
            end(&mut tx, books).await?;
        }
    }
    tx.commit().await?;
    Ok((state, next))
}

async fn has_open_seeds(tx: &mut Tx, run: RunId) -> Result<bool> {
    let row = tx.one(sqlx::query("SELECT seeds_open FROM runs WHERE run_id = $1").bind(run.0)).await?;
    row.map_or(Ok(false), |row| Ok(number(&row, 0)? != 0))
}

/// Ends a run before its time. Offers lapse at once; a granted lease keeps its host until its worker
/// reports, because it may be asking right now.
async fn end(tx: &mut Tx, mut books: Ledger) -> Result<()> {
    let query = sqlx::query("UPDATE runs SET ended_at = $2, seeds_open = 0, leftover = 1 WHERE run_id = $1");
    tx.execute(query.bind(books.run.0).bind(tx.now.0)).await?;
    let query = sqlx::query(
        "SELECT lease_id, run_id, host_id FROM leases WHERE run_id = $1 AND state < 2 AND state = 0",
    );
    let offered = tx.all(query.bind(books.run.0)).await?;
    let offered: Vec<_> = offered.iter().map(lease::held).collect::<Result<_>>()?;
    let offered = lease::lock(tx, &offered).await?;
    let offered: Vec<_> = offered.iter().filter(|lease| lease.state == 0).map(|lease| lease.held).collect();
    lease::put_back(tx, &mut books, &offered).await?;
    // It is over already, so the books do not end it.
    books.state = RunState::Cancelled;
    lease::end(tx, books, &offered).await?;
    Ok(())
}
