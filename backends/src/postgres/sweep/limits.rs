//! Runs that have reached a limit, and hosts that are down for too long.

use super::leftover::{Which, close_leftover};
use crate::postgres::PostgresStore;
use crate::postgres::codes::{get, number};
use crate::postgres::error::{Result, again};
use crate::postgres::lease::unvisited;
use crate::postgres::tx::now;
use crate::postgres::{ledger, page};
use crate::store::codes::{WAITS, ms};
use crate::store::page::Closing;
use shared::ids::{HostId, RunId};
use shared::outcome::Reason;
use shared::ports::store::{PageEnd, SweepPolicy, Swept};

/// Closes what is left over in runs that have reached a limit, and are not over. URLs under a lease
/// end by themselves.
pub(super) async fn reached(store: &PostgresStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let query = sqlx::query(concat!(
        "SELECT r.run_id, c.pages >= r.page_limit, c.bytes >= r.byte_limit
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id
         WHERE r.state < 3 AND (c.pages >= r.page_limit OR c.bytes >= r.byte_limit OR r.deadline <= ",
        now!(),
        ")"
    ));
    for row in store.all(query.bind(store.given_time())).await? {
        let run = RunId(get(&row, 0)?);
        let reason = if get::<Option<bool>>(&row, 1)?.unwrap_or_default() {
            Reason::LimitPages
        } else if get::<Option<bool>>(&row, 2)?.unwrap_or_default() {
            Reason::LimitBytes
        } else {
            Reason::LimitTime
        };
        let n = again(|| cut(store, run, reason, policy.chunk)).await?;
        swept.cut += n;
        swept.more |= n >= u64::from(policy.chunk);
    }
    Ok(())
}

async fn cut(store: &PostgresStore, run: RunId, reason: Reason, chunk: u32) -> Result<u64> {
    let mut tx = store.begin().await?;
    let books = ledger::open(&mut tx, run).await?;
    let n = match books.state.is_over() {
        true => 0,
        false => close_leftover(&mut tx, books, Which::Unleased, reason, chunk).await?,
    };
    tx.commit().await?;
    Ok(n)
}

/// Closes the rows of hosts that have been down for too long, in the runs that found them so.
pub(super) async fn down(store: &PostgresStore, policy: SweepPolicy, swept: &mut Swept) -> Result<()> {
    let query = sqlx::query(concat!(
        "SELECT host_id, run_id, reason FROM down WHERE since <= ",
        now!(),
        " - $2 ORDER BY since LIMIT 64"
    ));
    let rows = store.all(query.bind(store.given_time()).bind(ms(policy.give_up_after))).await?;
    swept.more |= rows.len() == 64;
    for row in rows {
        let (host, run) = (HostId(get(&row, 0)?), RunId(get(&row, 1)?));
        let reason = match number(&row, 2)? {
            0 => Reason::HostDown,
            _ => Reason::RobotsUnreachable,
        };
        let n = again(|| give_up(store, run, host, reason, policy.chunk)).await?;
        swept.cut += n;
        swept.more |= n >= u64::from(policy.chunk);
    }
    Ok(())
}

/// Closes at most `chunk` rows of a host, each with a page row that says why; forgets that the host is
/// down when none is left. If more come later, the host is asked once more.
async fn give_up(store: &PostgresStore, run: RunId, host: HostId, reason: Reason, chunk: u32) -> Result<u64> {
    let mut tx = store.begin().await?;
    let mut books = ledger::open(&mut tx, run).await?;
    let query = sqlx::query(
        "DELETE FROM queue WHERE run_id = $1 AND ord = ANY(ARRAY(
           SELECT ord FROM queue WHERE run_id = $1 AND host_id = $2 AND lease_id IN (0, -1)
           ORDER BY ord LIMIT $3 FOR UPDATE))
         RETURNING url_id, kind, depth, url, asked_url, lease_id",
    );
    let mut rows = Vec::new();
    if !books.state.is_over() {
        rows = tx.all(query.bind(run.0).bind(host.0).bind(i64::from(chunk))).await?;
    }
    let mut closing = Closing::default();
    for row in &rows {
        if number(row, 5)? == WAITS {
            books.queued(host, -1);
        }
        closing.unvisited(&mut books, tx.now, unvisited(row)?, PageEnd::Cut(reason));
    }
    page::write(&mut tx, run, closing).await?;
    if rows.len() < chunk as usize {
        // Before the run's rows of hosts: a report has its turn with these after this one.
        let query = sqlx::query("DELETE FROM down WHERE host_id = $1 AND run_id = $2");
        tx.execute(query.bind(host.0).bind(run.0)).await?;
    }
    ledger::close(books, &mut tx).await?;
    tx.commit().await?;
    Ok(rows.len() as u64)
}
