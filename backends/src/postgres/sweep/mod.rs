//! The timer: what time alone brings about. One statement looks whether there is anything to do; each step
//! is then a transaction of its own for each run. Any number of dispatchers may do this at once: whoever
//! comes second to a run's lock finds the work done.

mod announce;
mod leftover;
mod limits;
mod overdue;

pub(super) use leftover::drop_cancelled;

use super::PostgresStore;
use super::codes::get;
use super::error::{Result, again, corrupt};
use super::tx::now;
use crate::store::codes::ms;
use shared::ports::store::{SweepPolicy, Swept};

/// What there is to do.
struct Due {
    leases: bool,
    retries: bool,
    handed: bool,
    limits: bool,
    down: bool,
    cancelled: bool,
    segments: bool,
}

pub(super) async fn sweep(store: &PostgresStore, policy: SweepPolicy) -> Result<Swept> {
    let due = again(|| look(store, policy)).await?;
    let mut swept = Swept::default();
    if due.leases {
        overdue::leases(store, &mut swept).await?;
    }
    if due.retries {
        overdue::retries(store, policy, &mut swept).await?;
    }
    if due.handed {
        overdue::handed(store, &mut swept).await?;
    }
    if due.limits {
        limits::reached(store, policy, &mut swept).await?;
    }
    if due.down {
        limits::down(store, policy, &mut swept).await?;
    }
    if due.cancelled {
        leftover::cancelled(store, policy, &mut swept).await?;
    }
    if due.segments {
        announce::segments(store, policy, &mut swept).await?;
    }
    Ok(swept)
}

async fn look(store: &PostgresStore, policy: SweepPolicy) -> Result<Due> {
    let query = sqlx::query(concat!(
        "WITH t AS MATERIALIZED (SELECT ",
        now!(),
        " AS now)
         SELECT EXISTS (SELECT 1 FROM leases WHERE state < 2 AND expires_at <= (SELECT now FROM t)),
                EXISTS (SELECT 1 FROM queue WHERE lease_id = -1 AND due <= (SELECT now FROM t)),
                EXISTS (SELECT 1 FROM leases l WHERE l.state = 2 AND NOT EXISTS (
                  SELECT 1 FROM lease_segments ls JOIN segments s ON s.segment_no = ls.segment_no
                  WHERE ls.lease_id = l.lease_id AND s.state = 0)),
                EXISTS (SELECT 1 FROM runs r JOIN run_counts c ON c.run_id = r.run_id
                  WHERE r.state < 3 AND (c.pages >= r.page_limit OR c.bytes >= r.byte_limit
                                         OR r.deadline <= (SELECT now FROM t))),
                EXISTS (SELECT 1 FROM down WHERE since <= (SELECT now FROM t) - $2),
                EXISTS (SELECT 1 FROM runs WHERE leftover <> 0),
                EXISTS (SELECT 1 FROM segments WHERE state = 0 AND announced_at <= (SELECT now FROM t) - $3)"
    ));
    let query = query.bind(store.given_time()).bind(ms(policy.give_up_after)).bind(ms(policy.announce_after));
    let row = store.one(query).await?.ok_or_else(|| corrupt("a query without an answer"))?;
    Ok(Due {
        leases: get(&row, 0)?,
        retries: get(&row, 1)?,
        handed: get(&row, 2)?,
        limits: get(&row, 3)?,
        down: get(&row, 4)?,
        cancelled: get(&row, 5)?,
        segments: get(&row, 6)?,
    })
}
