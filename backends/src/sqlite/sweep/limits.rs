//! Runs that have reached a limit, and hosts that are down for too long.

use super::leftover::{Which, close_leftover};
use crate::sqlite::SqliteStore;
use crate::sqlite::codes::get;
use crate::sqlite::error::Result;
use crate::sqlite::lease::unvisited;
use crate::sqlite::{ledger, page};
use crate::store::codes::{WAITS, ms};
use crate::store::page::Closing;
use shared::ids::{HostId, RunId};
use shared::outcome::Reason;
use shared::ports::store::{PageEnd, SweepPolicy, Swept};

/// Closes what is left over in runs that have reached a limit, and are not over. URLs under a lease
/// end by themselves.
pub(super) async fn reached(store: &SqliteStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let now = store.clock.now().0;
    let query = sqlx::query(
        "SELECT r.run_id, c.pages >= r.page_limit, c.bytes >= r.byte_limit
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id
         WHERE r.state < 3 AND (c.pages >= r.page_limit OR c.bytes >= r.byte_limit OR r.deadline <= ?)",
    );
    for row in query.bind(now).fetch_all(&store.readers).await? {
        let reason = if get::<Option<bool>>(&row, 1)?.unwrap_or_default() {
            Reason::LimitPages
        } else if get::<Option<bool>>(&row, 2)?.unwrap_or_default() {
            Reason::LimitBytes
        } else {
            Reason::LimitTime
        };
        let mut tx = store.begin().await?;
        let books = ledger::open(&mut tx, RunId(get(&row, 0)?)).await?;
        let is_over = books.state.is_over();
        let n = match is_over {
            true => 0,
            false => close_leftover(&mut tx, books, Which::Unleased, reason, policy.chunk).await?,
        };
        tx.commit().await?;
        swept.cut += n;
        swept.more |= n >= u64::from(policy.chunk);
    }
    Ok(())
}

/// Closes the rows of hosts that have been down for too long, in the runs that found them so.
pub(super) async fn down(store: &SqliteStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let since = store.clock.now().0.saturating_sub(ms(policy.give_up_after));
    let query =
        sqlx::query("SELECT host_id, run_id, reason FROM down WHERE since <= ? ORDER BY since LIMIT 64");
    let rows = query.bind(since).fetch_all(&store.readers).await?;
    swept.more |= rows.len() == 64;
    for row in rows {
        let (host, run) = (HostId(get(&row, 0)?), RunId(get(&row, 1)?));
        let reason = match get::<i64>(&row, 2)? {
            0 => Reason::HostDown,
            _ => Reason::RobotsUnreachable,
        };
        let n = give_up(store, run, host, reason, policy.chunk).await?;
        swept.cut += n;
        swept.more |= n >= u64::from(policy.chunk);
    }
    Ok(())
}

/// Closes at most `chunk` rows of a host, each with a page row that says why; forgets that the host is
/// down when none is left. If more come later, the host is asked once more.
async fn give_up(store: &SqliteStore, run: RunId, host: HostId, reason: Reason, chunk: u32) -> Result<u64> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let query = sqlx::query(
        "DELETE FROM queue WHERE (run_id, ord) IN (SELECT run_id, ord FROM queue
           WHERE run_id = ? AND host_id = ? AND lease_id IN (0, -1) ORDER BY ord LIMIT +?)
         RETURNING url_id, kind, depth, url, asked_url, lease_id",
    );
    let mut rows = Vec::new();
    if !books.state.is_over() {
        rows = tx.all(query.bind(run.0).bind(host.0).bind(i64::from(chunk))).await?;
    }
    let mut closing = Closing::default();
    for row in &rows {
        if get::<i64>(row, 5)? == WAITS {
            books.queued(host, -1);
        }
        closing.unvisited(&mut books, tx.now, unvisited(row)?, PageEnd::Cut(reason));
    }
    page::write(&mut tx, &books, closing).await?;
    ledger::close(books, &mut tx).await?;
    if rows.len() < chunk as usize {
        let query = sqlx::query("DELETE FROM down WHERE host_id = ? AND run_id = ?");
        tx.execute(query.bind(host.0).bind(run.0)).await?;
    }
    tx.commit().await?;
    Ok(rows.len() as u64)
}
