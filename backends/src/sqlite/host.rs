//! What of a run's host decides about a lease.

use super::codes::{count, get};
use super::error::{Result, corrupt};
use super::writer::Tx;
use crate::store::codes::int;
use crate::store::offer::Host;
use shared::ids::{HostId, RunId};
use sqlx::sqlite::SqliteRow;

macro_rules! hosts {
    ($which:literal) => {
        concat!(
            "SELECT rh.host_id, rh.queued, h.next_at, h.delay_ms, coalesce(r.valid_until > ? AND r.paced = 0, 0),
                (SELECT group_concat(lane) FROM leases l WHERE l.host_id = rh.host_id AND l.state < 2),
                (SELECT min(expires_at) FROM leases l WHERE l.host_id = rh.host_id AND l.state < 2),
                (SELECT died FROM queue q WHERE q.run_id = rh.run_id AND q.host_id = rh.host_id
                   AND q.lease_id = 0 ORDER BY prio, ord LIMIT 1)
             FROM run_hosts rh JOIN hosts h ON h.host_id = rh.host_id
             LEFT JOIN robots r ON r.host_id = rh.host_id WHERE rh.run_id = ? AND ",
            $which
        )
    };
}

/// The hosts of a run that are ready, those that are so for longest first.
pub(super) async fn ready(tx: &mut Tx<'_>, run: RunId, limit: u64) -> Result<Vec<Host>> {
    let query = sqlx::query(hosts!("rh.ready_at <= ? ORDER BY rh.ready_at LIMIT +?"));
    let query = query.bind(tx.now.0).bind(run.0).bind(tx.now.0).bind(int(limit));
    tx.all(query).await?.iter().map(of_row).collect()
}

/// One host of a run.
pub(super) async fn read(tx: &mut Tx<'_>, run: RunId, host: HostId) -> Result<Host> {
    let query = sqlx::query(hosts!("rh.host_id = ?")).bind(tx.now.0).bind(run.0).bind(host.0);
    let row = tx.one(query).await?;
    of_row(&row.ok_or_else(|| corrupt(format!("run {run} has no host {host}")))?)
}

fn of_row(row: &SqliteRow) -> Result<Host> {
    let taken: Option<String> = get(row, 5)?;
    let taken = taken.iter().flat_map(|lanes| lanes.split(',')).map(str::parse);
    Ok(Host {
        id: HostId(get(row, 0)?),
        queued: count(row, 1)?,
        next_at: get(row, 2)?,
        delay_ms: get(row, 3)?,
        is_unpaced: get(row, 4)?,
        taken: taken.collect::<std::result::Result<_, _>>().map_err(corrupt)?,
        first_expiry: get(row, 6)?,
        died: get(row, 7)?,
        is_stale: false,
    })
}

/// Nobody looks at a host for a run before this time, unless something happens.
pub(super) async fn block(tx: &mut Tx<'_>, run: RunId, host: HostId, until: i64) -> Result<()> {
    let query = sqlx::query(
        "UPDATE run_hosts SET ready_at = ? WHERE run_id = ? AND host_id = ? AND ready_at IS NOT NULL",
    );
    tx.execute(query.bind(until).bind(run.0).bind(host.0)).await?;
    Ok(())
}
