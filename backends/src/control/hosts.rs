//! Hosts as a tenant's runs see them.

use super::engine::{Engine, Row, sql};
use super::{Books, first, missing};
use async_trait::async_trait;
use shared::ids::{HostId, RunId, TenantId};
use shared::ports::StoreError;
use shared::ports::store::control::{HostRobots, HostRow, HostSelection, Hosts};

/// Columns of [`host`], over `w` (host_id, runs, held, queued, admitted).
macro_rules! host {
    ($text:literal, $inner:literal) => {
        concat!(
            "SELECT h.host_id, h.origin, h.next_at, h.delay_ms, h.failures, h.down_since,
                    w.runs, w.held, w.queued, w.admitted, b.access, b.fetched_at, b.valid_until, ",
            $text,
            " FROM (SELECT rh.host_id, count(*) AS runs,
                           CAST(sum(CASE WHEN rh.held = 0 THEN 0 ELSE 1 END) AS BIGINT) AS held,
                           CAST(sum(rh.queued) AS BIGINT) AS queued, CAST(sum(rh.admitted) AS BIGINT) AS admitted
                    FROM run_hosts rh JOIN runs r ON r.run_id = rh.run_id WHERE r.tenant_id = $1 AND ",
            $inner,
            ") w JOIN hosts h ON h.host_id = w.host_id LEFT JOIN robots b ON b.host_id = w.host_id
             ORDER BY h.host_id"
        )
    };
}

fn host(row: &Row) -> Result<HostRow, StoreError> {
    let robots = match row.int_or_null(10)? {
        None => None,
        Some(access) => Some(HostRobots {
            access: ["rules", "allowed", "denied"]
                .get(usize::try_from(access).unwrap_or(usize::MAX))
                .copied()
                .unwrap_or("denied"),
            fetched_at: row.time(11)?,
            valid_until: row.time(12)?,
            text: row.text_or_null(13)?,
        }),
    };
    Ok(HostRow {
        id: HostId(row.int(0)?),
        origin: row.text(1)?,
        next_at: row.time(2)?,
        delay_ms: row.number(3)?,
        failures: row.number(4)?,
        down_since: row.time_or_null(5)?,
        runs: row.number(6)?,
        held: row.number(7)?,
        queued: row.number(8)?,
        admitted: row.number(9)?,
        robots,
    })
}

#[async_trait]
impl<E: Engine> Hosts for Books<E> {
    async fn hosts(&self, selection: HostSelection) -> Result<Vec<HostRow>, StoreError> {
        let query = match selection.run {
            Some(run) => sql(host!(
                "NULL",
                "rh.run_id = $4 AND rh.host_id > $2 GROUP BY rh.host_id ORDER BY rh.host_id LIMIT $3"
            ))
            .int(selection.tenant.0)
            .int(selection.after.map_or(i64::MIN, |host| host.0))
            .int(i64::from(selection.limit))
            .int(run.0),
            None => sql(host!(
                "NULL",
                "r.state < 3 AND rh.host_id > $2 GROUP BY rh.host_id ORDER BY rh.host_id LIMIT $3"
            ))
            .int(selection.tenant.0)
            .int(selection.after.map_or(i64::MIN, |host| host.0))
            .int(i64::from(selection.limit)),
        };
        self.0.read(query).await?.iter().map(host).collect()
    }

    async fn host(&self, tenant: TenantId, id: HostId) -> Result<HostRow, StoreError> {
        let query = sql(host!("b.text", "rh.host_id = $2 GROUP BY rh.host_id")).int(tenant.0).int(id.0);
        first(&self.0.read(query).await?, host)?.ok_or_else(|| missing("host", id))
    }

    async fn hold_host(
        &self,
        tenant: TenantId,
        id: HostId,
        run: Option<RunId>,
        held: bool,
    ) -> Result<u64, StoreError> {
        let mut tx = self.0.begin().await?;
        let hold = "UPDATE run_hosts SET held = 1, ready_at = NULL WHERE host_id = $2 AND run_id IN
               (SELECT run_id FROM runs WHERE tenant_id = $1 AND state < 3 AND (run_id = $3 OR $3 IS NULL))
             RETURNING run_id";
        let release =
            "UPDATE run_hosts SET held = 0, ready_at = CASE WHEN queued > 0 THEN coalesce(ready_at, $4) END
             WHERE host_id = $2 AND run_id IN
               (SELECT run_id FROM runs WHERE tenant_id = $1 AND state < 3 AND (run_id = $3 OR $3 IS NULL))
             RETURNING run_id";
        let update = sql(if held { hold } else { release }).int(tenant.0).int(id.0).int(run.map(|run| run.0));
        let update = if held { update } else { update.int(tx.now().0) };
        let changed = tx.run(update).await?.len();
        if changed == 0 {
            return Err(missing("unfinished run that asks host", id));
        }
        tx.commit().await?;
        Ok(changed as u64)
    }
}
