//! The timer: what time alone brings about. Each step is a transaction of its own.

mod announce;
mod leftover;
mod limits;
mod overdue;

pub(super) use leftover::drop_cancelled;

use super::SqliteStore;
use super::error::Result;
use shared::ports::store::{SweepPolicy, Swept};

pub(super) async fn sweep(store: &SqliteStore, policy: SweepPolicy) -> Result<Swept> {
    let mut swept = Swept::default();
    overdue::leases(store, policy, &mut swept).await?;
    overdue::retries(store, policy, &mut swept).await?;
    overdue::handed(store, policy, &mut swept).await?;
    limits::reached(store, policy, &mut swept).await?;
    limits::down(store, policy, &mut swept).await?;
    leftover::cancelled(store, policy, &mut swept).await?;
    announce::segments(store, policy, &mut swept).await?;
    Ok(swept)
}
