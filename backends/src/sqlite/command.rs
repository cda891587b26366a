//! Pausing, resuming, cancelling.

use super::SqliteStore;
use super::codes::get;
use super::error::Result;
use super::lease;
use super::sweep::drop_cancelled;
use super::writer::Tx;
use crate::store::codes::{of_run_state, run_state};
use crate::store::no_such;
use shared::ids::RunId;
use shared::ports::store::{Command, RunState};

/// Rows of a cancelled run that one transaction closes.
const CHUNK: u32 = 20_000;

pub(super) async fn command(store: &SqliteStore, run: RunId, command: Command) -> Result<RunState> {
    let mut tx = store.begin().await?;
    let query = sqlx::query("SELECT state, seeds_open FROM runs WHERE run_id = ?").bind(run.0);
    let row = tx.one(query).await?.ok_or_else(|| no_such(run))?;
    let state = run_state(get(&row, 0)?)?;
    let next = match (command, state) {
        (_, RunState::Done | RunState::Cancelled) => state,
        (Command::Cancel, _) => RunState::Cancelled,
        (Command::Pause, _) => RunState::Paused,
        (Command::Resume, RunState::Paused) if get(&row, 1)? => RunState::Seeding,
        (Command::Resume, RunState::Paused) => RunState::Running,
        (Command::Resume, _) => state,
    };
    if next != state {
        let query = sqlx::query("UPDATE runs SET state = ? WHERE run_id = ?");
        tx.execute(query.bind(of_run_state(next)).bind(run.0)).await?;
        if next == RunState::Cancelled {
            end(&mut tx, run).await?;
        }
    }
    tx.commit().await?;
    if next == RunState::Cancelled && next != state {
        while drop_cancelled(store, run, CHUNK).await? == u64::from(CHUNK) {}
    }
    Ok(next)
}

/// Ends a run before its time. Offers lapse at once; a granted lease keeps its host until its worker
/// reports, because it may be asking right now.
async fn end(tx: &mut Tx<'_>, run: RunId) -> Result<()> {
    let query = sqlx::query("UPDATE runs SET ended_at = ?, seeds_open = 0, leftover = 1 WHERE run_id = ?");
    tx.execute(query.bind(tx.now.0).bind(run.0)).await?;
    let query = sqlx::query(
        "SELECT lease_id, run_id, host_id FROM leases WHERE run_id = ? AND state < 2 AND state = 0",
    );
    for row in &tx.all(query.bind(run.0)).await? {
        lease::put_back(tx, lease::held(row)?).await?;
    }
    Ok(())
}
